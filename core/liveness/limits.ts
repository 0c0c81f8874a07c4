import { RECOGNITION_GATE, VISIT_GATE, type QualityGate } from '#core/recognition';

/**
 * For the face at rest, which every step is compared with. Landmarks of a smaller face are too coarse for steps: their errors
 * are pixels, and parallax is measured in distances between the eyes.
 */
export const REST_GATE: QualityGate = { ...VISIT_GATE, interOcular: RECOGNITION_GATE.interOcular };

/**
 * What separates a live visit from an attack. Chosen on recorded and generated clips; docs/liveness.md has the
 * distributions behind each number.
 */
export const LIMITS = {
  turn: {
    /** Least change of yaw, in degrees. */
    yaw: 16,
    /** Least yaw that the face ends at: a bent picture shows a turn by looking from one side to the other, a little each. */
    endYaw: 13,
    /** Least parallax of the nose tip, in distances between the eyes. */
    parallax: 0.11,
    /** Least narrowing: a picture that shows this parallax is turned so far that it has become narrower. */
    narrowing: 0.9,
  },
  nod: {
    /** Least change of pitch, in degrees; the estimate exaggerates it. */
    pitch: 10,
    parallax: 0.065,
    /** Most change of yaw, in degrees. */
    yaw: 15,
  },
  /**
   * Most openness of the eyes in a blink, of that at rest; what a standard deviation by which they grow lighter counts for in it,
   * as a logarithm; and how much narrower or wider the face may look.
   */
  blink: { eyes: 0.7, darkness: 0.8, narrowing: [0.9, 1.1] },
  /** Least spread of the mouth in a smile, of that at rest; it lifts the corners, which looks as if the face became wider. */
  smile: { mouth: 1.14, narrowing: [0.92, 1.2] },
  /**
   * While the face changes its expression the head hardly moves, in degrees: turning or bending a picture changes what
   * landmarks say of eyes and mouth.
   */
  expression: { yaw: 10, pitch: 12, roll: 10 },
  /** Most yaw and pitch of a face at rest, in degrees. */
  rest: { yaw: 15, pitch: 25 },
  /** Beyond this a frame counts as turned: templates of turned faces are less alike. Degrees. */
  turned: 15,
  /**
   * No person does what is asked sooner, in milliseconds: seeing that something appears and answering takes 0.21 s
   * (Woods et al., "Factors influencing the latency of simple reaction time", 2015), choosing what to answer more.
   */
  leastStepMs: 250,
  /** What may pass between two steps besides the step's own time: showing that it was seen, in milliseconds. */
  betweenStepsMs: 2_000,
  /**
   * How much longer one frame may take to arrive than another, in milliseconds: a step is sent once it is certain, which a nod
   * is up to 2.5 s after its height, and a busy machine takes its time.
   */
  lateMs: 4_000,
  /** How long a frame of the screen's light may take to arrive, counted from when the sequence was handed out, in milliseconds. */
  lightLateMs: 1_500,
  /** How far the two clocks may drift apart over a visit, in milliseconds. */
  clockMs: 100,
  /**
   * Least {@link printDifference} between two frames: at any time, and `apartMs` or more apart. `replayed`: least of
   * the middle one of a visit's frames to the nearest frame of earlier visits. `recoded`: up to `nearest`, where that is also the
   * least share of the difference to the nearest frame of the visit itself that is `apartMs` away, again of the middle one.
   */
  difference: {
    any: 0.012,
    apart: 0.02,
    apartMs: 250,
    replayed: 0.12,
    recoded: { nearest: 0.2, share: 0.4 },
  },
  /**
   * The passive network errs too often to refuse anybody by itself: below this mean score a turn or nod has to show so
   * much parallax, which flat and bent pictures hardly reach.
   */
  passive: { score: 0.05, parallax: 0.13 },
} as const;
