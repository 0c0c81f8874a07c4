import { z } from 'zod';
import { TimeOfDay } from './access.ts';
import { AssuranceLevel, DEFAULT_LEVEL } from './assurance.ts';
import { QuarterTurn } from './camera.ts';
import { ConsentTerms, MOST_DAYS_UNSEEN } from './consent.ts';
import { CHALLENGE_STEPS, ChallengeStep } from './challenge.ts';
import { CollectionId } from './ids.ts';

export const LANGUAGES = ['en', 'de', 'fr', 'es', 'ar'] as const;
export const Language = z.enum(LANGUAGES);
export type Language = z.infer<typeof Language>;

/** Different steps, at least two: a blink is never asked alone. */
const ChallengeSteps = z
  .array(ChallengeStep)
  .min(2)
  .refine((steps) => new Set(steps).size === steps.length, 'Each step once.');

/** What a kiosk is for. */
export const KIOSK_MODES = [
  /** People who are expected are welcomed by name. */
  'check-in',
  /** A grant lets somebody pass; no name is shown unless that is set. */
  'door',
  /** People sign in and out. */
  'attendance',
  /** Nobody is recognised here: operators enrol people. */
  'enrolment',
] as const;
export const KioskMode = z.enum(KIOSK_MODES);
export type KioskMode = z.infer<typeof KioskMode>;

/** By the clock of the machine; ends on the next day where `to` is before `from`. */
const Hours = z
  .strictObject({ from: TimeOfDay, to: TimeOfDay })
  .refine(({ from, to }) => from !== to, 'It has to end at another time than it begins.');

/** What an operator may change at a kiosk. Nothing secret lives here: the file is not encrypted. */
export const Settings = z.strictObject({
  language: Language.default('en'),
  /** Whether the attract screen lets a visitor choose another language for their visit. */
  offersLanguages: z.boolean().default(false),
  /** The collection this kiosk recognises and enrols into. */
  collectionId: CollectionId.default('default'),
  /**
   * Share of visits by strangers that may end as a person enrolled, whatever the number of people enrolled. Not in per
   * cent: who writes 0.1 for a tenth of one would let in one stranger of ten.
   */
  falsePositiveRate: z.number().min(1e-6).max(0.01).default(1e-3),
  /** Label of the preferred camera, or null for the first one. Labels survive a restart; device ids need not. */
  cameraLabel: z.string().max(512).nullable().default(null),
  /** By how much the camera's picture has to be turned for people to stand upright in it. */
  cameraTurn: QuarterTurn.default(0),
  /** Whether the camera's driver mirrors its picture: it is mirrored back, so that left and right are what they are. */
  cameraMirrored: z.boolean().default(false),
  mode: KioskMode.default('check-in'),
  /** In the mode `door`: whether the screen shows who was let in. */
  doorShowsName: z.boolean().default(false),
  /** In the mode `attendance`: whether people choose in or out, or each passage is the other way than the one before. */
  attendanceBy: z.enum(['touch', 'alternating']).default('alternating'),
  /** What begins a visit: somebody who stands there, or a touch. */
  startBy: z.enum(['presence', 'touch']).default('presence'),
  /** When the screen is dimmed while nobody is there; null: never. */
  night: Hours.nullable().default(null),
  /** Whether visitors are asked before their face is compared, and may go another way instead. */
  notice: z.boolean().default(false),
  /** Whether visitors may show a card that carries their template, and be compared with it alone. */
  cards: z.boolean().default(false),
  /** What somebody has to agree to before they are enrolled; null: it is not asked. */
  consent: ConsentTerms.nullable().default(null),
  /** Days after which who was not here is erased; null: nobody is. Not with a server, which other places ask as well. */
  keepPeopleDays: z.int().min(1).max(MOST_DAYS_UNSEEN).nullable().default(null),
  /** Spoken and sounded guidance beside the text. */
  sound: z.boolean().default(true),
  /** Whether a visit that passed liveness by far may add a reference to the person recognised. */
  learnFromVisits: z.boolean().default(false),
  /**
   * How long the picture of each reference is kept, cut down to the face and encrypted: not at all, until the server has
   * it (without a server: always), so many days, or always. Templates of another embedding model can only be made from
   * pictures; without them a change of model means that everyone is enrolled again.
   */
  keepImages: z
    .union([z.enum(['never', 'until-synced', 'always']), z.int().min(1).max(3650)])
    .default('until-synced'),
  /** Days after which entries of the audit log are removed. */
  keepAuditDays: z.int().min(1).max(3650).default(365),
  /** Days after which events are removed: who was let in when, and what the door did. */
  keepEventDays: z.int().min(1).max(3650).default(90),
  /** Days after the end of a visit after which the visitor is forgotten. */
  keepVisitorDays: z.int().min(0).max(1095).default(30),
  /** What a visitor has to prove; see `ASSURANCE_LEVELS`. A paired appliance asks for no less than its policy says. */
  assurance: AssuranceLevel.default(DEFAULT_LEVEL),
  /** What has to be proved where a visit at that level leaves doubt; null: the same. */
  assuranceOnDoubt: AssuranceLevel.nullable().default(null),
  /** Steps that the kiosk may ask for. */
  challengeSteps: ChallengeSteps.default([...CHALLENGE_STEPS]),
  /** Seconds a visitor has for each step. */
  stepSeconds: z.int().min(4).max(60).default(8),
  /** Whether to keep in step with the server over networks that cost by volume. */
  syncOverMetered: z.boolean().default(false),
  /**
   * Whether a server that speaks the Realeyes API alone is asked, with a picture, for visitors who are not known here.
   * No effect with a Lintel server: the appliance has every face of its scope already.
   */
  searchOnline: z.boolean().default(false),
});
export type Settings = z.infer<typeof Settings>;

type Shape = typeof Settings.shape;

/** Settings to change; what is left out stays (`Settings.partial()` would set it back to its default). */
export const SettingsPatch = z.strictObject(
  Object.fromEntries(
    Object.entries(Settings.shape).map(([name, setting]) => [name, setting.unwrap().optional()]),
  ) as { [Name in keyof Shape]: z.ZodOptional<ReturnType<Shape[Name]['unwrap']>> },
);
export type SettingsPatch = z.infer<typeof SettingsPatch>;
