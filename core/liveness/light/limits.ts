/**
 * What separates a face that answers the screen's light from anything else. Settled on simulated visits of people that the
 * figures of docs/liveness.md leave out.
 */
export const LIGHT_LIMITS = {
  /** Least correlation of the face's colours with what the screen showed. */
  match: 0.75,
  /** How much more of the face's colours another sequence may explain, at most; see `rivalryOf`. */
  rivalry: 0.06,
  /** Most delay between the screen and the picture, in milliseconds. */
  delay: 250,
  /** How much more a side of the face answers the light of its own side, at least; see `LightScores.relief`. */
  relief: 0.1,
  /** Most that what is dark answers like glass, 0..1; see `LightScores.gloss`. */
  gloss: 0.5,
  /** Least contrast between forehead and brows for gloss to mean anything. */
  browContrast: 1.3,
  /** An answer as weak as this, of the room's light, is not looked for; what could hide it leaves the matter unclear. */
  gain: 0.008,
  /** Least frames that show the face while the sequence was shown, and least background squares. */
  frames: 12,
  background: 6,
  /** Most of the skin that may be too bright for the camera. */
  clipped: 0.4,
} as const;
