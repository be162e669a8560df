/** Draws a moving landscape in I420: dawn over water, a sun that travels, birds, and the time as blocks in the corner. */
export class Picture {
  readonly width: number;
  readonly height: number;
  /** I420: luma, then both chroma planes at half the size. Rewritten by `draw`. */
  readonly bytes: Uint8Array;
  readonly #still: Uint8Array;

  /** Both sides are even. */
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#still = new Uint8Array((width * height * 3) / 2);
    this.bytes = new Uint8Array(this.#still.length);
    this.#paintStill();
  }

  /** The picture at `ms` since the start. */
  draw(ms: number): Uint8Array {
    this.bytes.set(this.#still);
    const { width, height } = this;
    const turn = (ms / 20_000) * 2 * Math.PI;
    const sunX = width * (0.5 + 0.3 * Math.cos(turn));
    const sunY = height * (0.3 + 0.12 * Math.sin(turn));
    this.#disc(sunX, sunY, height * 0.09, [225, 70, 165]);
    this.#reflection(sunX, ms);
    for (let bird = 0; bird < 5; bird++) this.#bird(bird, ms);
    this.#clock(ms);
    return this.bytes;
  }

  #paintStill(): void {
    const { width, height } = this;
    const horizon = Math.floor(height * 0.62);
    for (let y = 0; y < height; y++) {
      const inSky = y < horizon;
      const depth = inSky ? y / horizon : (y - horizon) / (height - horizon);
      const luma = inSky ? 60 + 110 * depth : 120 - 70 * depth;
      this.#still.fill(luma, y * width, (y + 1) * width);
      const blue = inSky ? 150 - 45 * depth : 125 + 12 * depth;
      const red = inSky ? 125 + 40 * depth : 140 - 18 * depth;
      this.#fillChroma(y >> 1, blue, red);
    }
    for (let x = 0; x < width; x++) {
      const hill = horizon - height * (0.05 + 0.035 * Math.sin(x / 47) + 0.02 * Math.sin(x / 19 + 2));
      for (let y = Math.floor(hill); y < horizon; y++) this.#still[y * width + x] = 42;
    }
  }

  #fillChroma(row: number, blue: number, red: number): void {
    const { width, height } = this;
    const start = width * height + row * (width / 2);
    this.#still.fill(blue, start, start + width / 2);
    this.#still.fill(red, start + (width * height) / 4, start + (width * height) / 4 + width / 2);
  }

  #disc(centreX: number, centreY: number, radius: number, colour: readonly [number, number, number]): void {
    for (let y = Math.floor(centreY - radius); y <= centreY + radius; y++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (y - centreY) ** 2));
      for (let x = Math.floor(centreX - half); x <= centreX + half; x++) this.#dot(x, y, colour);
    }
  }

  /** Bars of light on the water that widen towards the shore and drift. */
  #reflection(sunX: number, ms: number): void {
    const top = this.height * 0.64;
    for (let bar = 0; bar < 9; bar++) {
      const y = Math.floor(top + bar * this.height * 0.036);
      const half = this.height * (0.03 + 0.012 * bar);
      const drift = 6 * Math.sin(ms / 400 + bar * 1.7);
      for (let x = Math.floor(sunX - half + drift); x < sunX + half + drift; x++) {
        for (let row = 0; row < 3; row++) this.#dot(x, y + row, [190, 90, 155]);
      }
    }
  }

  #bird(index: number, ms: number): void {
    const { width, height } = this;
    const x = (ms / (18 + index * 3) + index * width * 0.23) % (width + 40);
    const y = height * (0.14 + 0.05 * index) + 5 * Math.sin(ms / 700 + index);
    const wing = 4 * Math.sin(ms / (110 + 13 * index) + index);
    for (let reach = -9; reach <= 9; reach++) {
      const lift = (wing * Math.abs(reach)) / 9;
      for (let row = 0; row < 2; row++) this.#dot(x - 20 + reach, y - lift + row, [30, 128, 128]);
    }
  }

  /** Tenths of a second in binary, sixteen blocks: whether a viewer's picture moves, and how late it is. */
  #clock(ms: number): void {
    const tenths = Math.floor(ms / 100);
    const side = Math.max(4, Math.floor(this.width / 80));
    for (let bit = 0; bit < 16; bit++) {
      const luma = Math.floor(tenths / 2 ** bit) % 2 ? 235 : 24;
      const left = this.width - (bit + 2) * (side + 2);
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) this.#dot(left + x, side + y, [luma, 128, 128]);
    }
  }

  #dot(x: number, y: number, [luma, blue, red]: readonly [number, number, number]): void {
    const column = Math.floor(x);
    const row = Math.floor(y);
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return;
    const pixels = this.width * this.height;
    this.bytes[row * this.width + column] = luma;
    const chroma = pixels + (row >> 1) * (this.width / 2) + (column >> 1);
    this.bytes[chroma] = blue;
    this.bytes[chroma + pixels / 4] = red;
  }
}
