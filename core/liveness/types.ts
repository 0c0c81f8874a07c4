import type { ChallengeStep, DecisionReason, LightSlot, VisitMoment } from '#contract';
import type { ImageAnalysis } from '#core/recognition';
import type { LightScores } from './light/index.ts';

/** One captured frame with what main itself found in it. */
export interface EvidenceFrame {
  readonly moment: VisitMoment;
  /** Milliseconds of the renderer's monotonic clock: only differences mean anything. */
  readonly capturedAt: number;
  /** Milliseconds of main's monotonic clock; null for a frame that came with all others when the visit ended. */
  readonly arrivedAt: number | null;
  /** By which the encoded image is known again: equal for equal bytes. */
  readonly digest: string;
  /** Analysed with `passive`; frames of the screen's light with `colours` instead. */
  readonly analysis: Pick<ImageAnalysis, 'face' | 'others' | 'luma'>;
}

/** What remains of a frame to recognise it by. */
export interface FrameTrace {
  readonly digest: string;
  /** See `PassiveFindings`; null when no face was found, or the picture is not remembered any more. */
  readonly print: Uint8Array | null;
}

export interface LightAsked {
  readonly slots: readonly LightSlot[];
  /** Milliseconds of main's monotonic clock. */
  readonly drawnAt: number;
}

/** What a verification rests on: what was asked, what was sent, and when by main's own clock. */
export interface LivenessSession {
  /** The steps asked for; none where recognition alone was. */
  readonly challenge: readonly ChallengeStep[];
  /** What the screen was given to show, and when by main's clock; null where the level asks for light and none was drawn. */
  readonly light?: LightAsked | null;
  /** Milliseconds a visitor had for each step. */
  readonly stepMs: number;
  /** Milliseconds of main's monotonic clock. */
  readonly openedAt: number;
  readonly submittedAt: number;
  /** In the order in which they were sent. */
  readonly frames: readonly EvidenceFrame[];
  /** Frames of earlier sessions of this appliance. */
  readonly earlier: readonly FrameTrace[];
}

/** Cosine similarities that two frames of one person reach; they depend on the embedding network. */
export interface SamePerson {
  readonly frontal: number;
  /** Where at least one of both is turned: the same person is less alike. */
  readonly turned: number;
}

/** What one step's frames show, relative to the face at rest: the frame that passes, else the last one. */
export interface StepScore {
  readonly step: ChallengeStep;
  /** Degrees by which the head turned, signs as in `HeadPose`. */
  readonly yaw: number;
  /** Yaw that it ended at. */
  readonly endYaw: number;
  readonly pitch: number;
  readonly roll: number;
  /** Residual of the nose tip after a homography, in distances between the eyes; see `noseParallax`. */
  readonly parallaxX: number;
  readonly parallaxY: number;
  /** Width over height of the face, beyond what its turn explains: 1 for a head, less for a turned picture. */
  readonly narrowing: number;
  /** Openness of the eyes, times the detail in them, over that at rest. */
  readonly eyes: number;
  /** How wide and high the corners of the mouth are, over that at rest; see `mouthSpread`. */
  readonly mouth: number;
  /** Milliseconds since the frame before. */
  readonly milliseconds: number;
  /** Why it is not the step asked for; null when it is. */
  readonly reason: DecisionReason | null;
}

/** Numbers for the audit: no image, no template. Null where the frames did not allow to measure. */
export interface LivenessScores {
  readonly steps: readonly StepScore[];
  /** Absent where no light was asked for. */
  readonly light?: LightScores;
  /** Least cosine similarity between two frames that are frontal, and between others. */
  readonly leastSimilarity: { readonly frontal: number | null; readonly turned: number | null };
  /** Mean passive score, 0..1. */
  readonly passive: number | null;
  /** Least difference between two frames; see `printDifference`. */
  readonly leastDifference: number | null;
  /** Milliseconds between the first and the last frame, by the renderer's clock. */
  readonly span: number;
}

export interface LivenessVerdict {
  readonly passed: boolean;
  /** Empty when it passed, else every reason found. */
  readonly reasons: readonly DecisionReason[];
  /** The steps asked for that no frame shows, where the others came in order. */
  readonly missed: readonly ChallengeStep[];
  readonly scores: LivenessScores;
}
