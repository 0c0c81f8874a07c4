/** Frequencies in hertz, one short tone after the other. */
const TONES = {
  /** C5, G5: rising. */
  welcome: [523.25, 783.99],
  /** E4, C4: falling. */
  'not-recognised': [329.63, 261.63],
  /** A5: one more step. */
  step: [880],
} as const;
export type Tone = keyof typeof TONES;

const LOUDNESS = 0.12;
const ATTACK_S = 0.02;
const STEP_S = 0.16;
const FADE_S = 0.35;

let context: AudioContext | undefined;
let sounding = 0;

/** Plays a gentle tone. Silent where the browser allows no sound without a touch. */
export async function play(tone: Tone): Promise<void> {
  context ??= new AudioContext();
  sounding += 1;
  await context.resume();
  let start = context.currentTime;
  let last: OscillatorNode | undefined;
  for (const frequency of TONES[tone]) {
    const oscillator = new OscillatorNode(context, { type: 'sine', frequency });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(LOUDNESS, start + ATTACK_S);
    gain.gain.exponentialRampToValueAtTime(0.001, start + FADE_S);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(start + FADE_S);
    start += STEP_S;
    last = oscillator;
  }
  // Silence is computed as well, day and night, until the context is suspended.
  last?.addEventListener('ended', () => {
    sounding -= 1;
    if (sounding === 0) void context?.suspend();
  });
}

/** Says a text in the page's language, if the machine itself has a voice for it: none that works over a network. */
export function speak(text: string): void {
  const lang = document.documentElement.lang;
  const voice = speechSynthesis.getVoices().find((each) => each.localService && each.lang.startsWith(lang));
  if (!voice) return;
  speechSynthesis.cancel();
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.voice = voice;
  utterance.lang = voice.lang;
  speechSynthesis.speak(utterance);
}
