import { ENROLMENT_GATE, RECOGNITION_GATE, type QualityGate } from '#core/recognition';
import type { NewReference } from '#core/store';
import { enrolAndNameAlike, enrolAnother, enrolUnderKey, enrolUnlessAlike, findOrEnrol } from './enrol.ts';

/** What a picture has to be like to become a reference, and what stays of it. */
export interface PictureRules {
  /** Where pictures come from; an automatic reference has rules of its own, see `Gallery.learn`. */
  readonly source: Exclude<NewReference['source'], 'automatic'>;
  /** What a face has to be like. */
  readonly gate: QualityGate;
  /** Least side of a picture, in pixels. */
  readonly leastSide: number;
  /** What becomes of a picture with a second face about as large as the first. */
  readonly severalPeople: 'refused' | 'largest-taken';
  /** What becomes of a picture that is nearly the same as an earlier one of the person. */
  readonly copies: 'refused' | 'taken';
  /** Whether the picture itself has to look like that of a live person. */
  readonly mustLookLive: boolean;
  /** Whether the picture stays, cut down to the face, for models to come; `as-set`: settings say so. */
  readonly keepsPicture: 'yes' | 'no' | 'as-set';
}

/** A way of enrolling: its pictures, and how a person is enrolled from them where a person who looks alike is enrolled already. */
export interface EnrolmentRules extends PictureRules {
  readonly enrol:
    | typeof enrolAndNameAlike
    | typeof enrolAnother
    | typeof enrolUnderKey
    | typeof enrolUnlessAlike
    | typeof findOrEnrol;
}

/** A person at the camera can come closer or turn to the light. */
const CAMERA = {
  source: 'camera',
  gate: ENROLMENT_GATE,
  leastSide: 1,
  severalPeople: 'refused',
  copies: 'refused',
  mustLookLive: false,
  keepsPicture: 'as-set',
} as const satisfies PictureRules;

/** A photograph from elsewhere is the only one there is. */
const FILE = { ...CAMERA, source: 'file', gate: RECOGNITION_GATE } as const satisfies PictureRules;

/**
 * For a photograph that was sent in, whose size cannot be mended. Of 312 photographs of 150 x 150 pixels all pass this
 * limit on detail; of 78 whose faces were reduced to 16 pixels and enlarged again, 9 in 10 do not. Closed eyes do not hinder
 * the embedder.
 */
const UPLOAD_GATE: QualityGate = { ...RECOGNITION_GATE, detail: 0.165, eyeOpenness: 0 };

const UPLOAD = {
  source: 'api',
  gate: UPLOAD_GATE,
  leastSide: 1,
  severalPeople: 'largest-taken',
  copies: 'taken',
  mustLookLive: false,
  keepsPicture: 'no',
} as const satisfies PictureRules;

const REALEYES = { ...UPLOAD, gate: RECOGNITION_GATE } as const;
const UQUDO = { ...UPLOAD, keepsPicture: 'yes' } as const;

/** Every way of enrolling, side by side. */
export const ENROLMENT_RULES = {
  screen: {
    camera: { ...CAMERA, enrol: enrolUnlessAlike },
    file: { ...FILE, enrol: enrolUnlessAlike },
  },
  commandLine: {
    camera: { ...CAMERA, enrol: enrolAndNameAlike },
    file: { ...FILE, enrol: enrolAndNameAlike },
  },
  realeyes: {
    index: { ...REALEYES, enrol: enrolAnother },
    searchOrIndex: { ...REALEYES, enrol: findOrEnrol },
  },
  /** Its caller may do without the look at liveness. */
  collections: { ...UPLOAD, leastSide: 100, mustLookLive: true, enrol: enrolUnderKey },
  faceauth: { ...UPLOAD, enrol: enrolUnderKey },
  facesmash: { ...UPLOAD, enrol: enrolUnderKey },
  uqudo: {
    insert: { ...UQUDO, enrol: enrolAnother },
    searchAndInsert: { ...UQUDO, enrol: findOrEnrol },
  },
} as const satisfies Record<string, EnrolmentRules | Record<string, EnrolmentRules>>;
