import type { ChallengeStep, Decision, Direction, GrantLevel, PersonAccess } from '#contract';
import type { LivenessScores } from '#core/liveness';
import type { Passage } from '#core/store';
import type { Doubt } from './assurance.ts';
import type { ServerAnswer } from './server-answer.ts';

/** What remains of a visit: no image and no template. */
export interface VisitRecord {
  /** Of the event that says so. A fault of the door names it, where it did not open then. */
  readonly eventId: string;
  /** Null when a code was given. */
  readonly visitId: string | null;
  /** ISO 8601. */
  readonly time: string;
  readonly outcome: Decision['outcome'];
  readonly reasons: Decision['reasons'];
  /** What the decision rests on. */
  readonly level: GrantLevel;
  /** Why more than usual was asked, or is to be asked next. */
  readonly doubts?: readonly Doubt[];
  /** Who was recognised, also where access was denied then; null also for a person that only the server knows. */
  readonly faceId: string | null;
  /** What an access rule said against it, for an operator. */
  readonly detail: string | null;
  readonly challenge: readonly ChallengeStep[];
  readonly scores: LivenessScores | null;
  /** In attendance, or of a visitor who is expected: which way somebody was granted. */
  readonly direction?: Direction;
  /** Of a visitor who is expected. */
  readonly visitorId?: string;
  /** Of a card that was shown. */
  readonly cardId?: string;
  /** Only where the server was asked. */
  readonly online?: Pick<ServerAnswer, 'code' | 'remoteId'>;
  /** Only of a visit by face session. */
  readonly sessionId?: string;
}

/** Called with each decided visit. It can neither delay nor undo the decision. */
export type VisitListener = (record: VisitRecord) => void | Promise<void>;

/** What the access rules made of a decision. */
export interface Admission {
  readonly decision: Decision;
  readonly detail: string | null;
}

/**
 * Whether a person who was recognised may pass: the same decision, or a denial in its place. Never throws.
 * @param bearer of a visitor by code or card; where somebody is enrolled, what is known of them counts
 */
export type Admit = (granted: Decision, level: GrantLevel, bearer?: Bearer) => Promise<Admission>;

/** A visitor by code, or who shows a card, and what the access rules know of them where they are not enrolled. */
export interface Bearer {
  readonly visitorId?: string;
  readonly cardId?: string;
  /** Of a visitor who is expected: as the door leads, else in, or who is here, out. */
  readonly direction?: Direction;
  /** Of a visitor who is expected: when they signed in or out last; null: never. */
  readonly lastPassage?: Pick<Passage, 'direction' | 'at' | 'isCertain'> | null;
  readonly access: PersonAccess;
}

/** In attendance: which way a person passes who is granted; null: this is no attendance. @param chosen by them, if they did */
export type Attend = (faceId: string | null, chosen: Direction | null) => Promise<Direction | null>;
