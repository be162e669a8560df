const SILENCE_DB = -55;
const LOUD_DB = -8;
/** How much of the last height remains in each frame while it falls. */
const FALL = 0.88;

/** Loudness of samples (RMS) as 0 to 1 on a scale of decibels. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / samples.length + 1e-9);
  return Math.min(1, Math.max(0, (db - SILENCE_DB) / (LOUD_DB - SILENCE_DB)));
}

/** Reports a microphone's level with every frame that is drawn, until the returned function is called. */
export function watchLevel(stream: MediaStream, report: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  const source = context.createMediaStreamSource(stream);
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let level = 0;
  let frame = requestAnimationFrame(function look() {
    analyser.getFloatTimeDomainData(samples);
    level = Math.max(levelOf(samples), level * FALL);
    report(level);
    frame = requestAnimationFrame(look);
  });
  // A page opened without a tap has to wait for one before it may listen.
  const resume = () => void context.resume();
  addEventListener('pointerdown', resume);
  return () => {
    cancelAnimationFrame(frame);
    removeEventListener('pointerdown', resume);
    source.disconnect();
    void context.close();
  };
}
