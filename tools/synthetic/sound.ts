/** A soft chord that swells and changes every four seconds, as interleaved 32-bit samples. */
export class Sound {
  readonly sampleRate = 48_000;
  readonly channels = 2;
  #position = 0;
  readonly #chords = [
    [220, 277.18, 329.63],
    [196, 246.94, 293.66],
    [174.61, 220, 261.63],
    [196, 246.94, 329.63],
  ] as const;

  /** The next `frames` samples of each channel. */
  next(frames: number): Float32Array {
    const out = new Float32Array(frames * this.channels);
    for (let i = 0; i < frames; i++) {
      const seconds = this.#position++ / this.sampleRate;
      const chord = this.#chords[Math.floor(seconds / 4) % this.#chords.length]!;
      const swell = Math.sin((Math.PI * (seconds % 4)) / 4) ** 2;
      const level = 0.02 + 0.05 * swell;
      const [low, middle, high] = chord.map(hertz => Math.sin(2 * Math.PI * hertz * seconds));
      out[2 * i] = level * (low! + 0.7 * middle! + 0.3 * high!);
      out[2 * i + 1] = level * (low! + 0.3 * middle! + 0.7 * high!);
    }
    return out;
  }
}
