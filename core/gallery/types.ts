import type { FaceMetadata } from '#contract';
import type { Calibration } from '#core/matching';
import type { IndexMemory } from './index-memory.ts';
import type { Holders } from './indexes.ts';
import type { NewFace, NewReference, Store } from '#core/store';

export interface GalleryOptions {
  readonly store: Store;
  /** Whose collections these are; by default the appliance's own. */
  readonly account?: string;
  /** The embedding model in use: templates of any other are neither taken nor compared. */
  readonly modelId: string;
  /** How many numbers its templates have. */
  readonly dimension: number;
  readonly calibration: Calibration;
  /** Of descriptors, at a server; without it none are compared. */
  readonly descriptorCalibration?: Calibration;
  /** That of all indexes of this process; by default there is room for everything. */
  readonly memory?: IndexMemory;
  /** Other processes that hold parts of collections; by default there are none. */
  readonly holders?: Holders;
}

/** How a person is searched for. */
export interface SearchOptions {
  /** Least confidence of a match, 0..100. */
  readonly threshold: number;
  /** Of the same picture: finds those who were enrolled by one, too. */
  readonly descriptor?: Float32Array | undefined;
}

/** A person to enrol: one to ten references, their templates of unit length and of the gallery's model. */
export interface NewPerson {
  /** Chosen at random when absent. */
  readonly faceId?: string;
  readonly references: readonly NewReference[];
  readonly externalKey?: string | null;
  readonly metadata?: FaceMetadata;
  readonly particulars?: NonNullable<NewFace['particulars']>;
  readonly beside?: NonNullable<NewFace['beside']>;
}

/** Who a template belongs to. Only a match names a person. */
export interface Identification {
  readonly match: boolean;
  readonly faceId: string | null;
  readonly externalKey: string | null;
  readonly metadata: FaceMetadata;
  /** Of the most similar reference, below the threshold too; 0 in an empty collection. */
  readonly similarity: number;
  readonly confidence: number;
  /** How many references were compared. */
  readonly searched: number;
}

/** A person enrolled, as a decision names one. */
export interface KnownPerson {
  readonly faceId: string;
  readonly name: string | null;
}
