import { z } from 'zod';
import { CollectionId } from './ids.ts';

export const LANGUAGES = ['en', 'ar'] as const;
export const Language = z.enum(LANGUAGES);
export type Language = z.infer<typeof Language>;

/** What an operator may change at a kiosk. Nothing secret lives here: the file is not encrypted. */
export const Settings = z.strictObject({
  language: Language.default('en'),
  /** The collection this kiosk recognises and enrols into. */
  collectionId: CollectionId.default('default'),
  /** Share of visits by strangers that may end as somebody enrolled, whatever the number of people enrolled. */
  falsePositiveRate: z.number().min(1e-6).max(0.1).default(1e-3),
  /** Label of the preferred camera, or null for the first one. Labels survive a restart; device ids need not. */
  cameraLabel: z.string().max(512).nullable().default(null),
  /** Spoken and sounded guidance beside the text. */
  sound: z.boolean().default(true),
  /**
   * Whether the picture of each new reference is kept, cut down to the face and encrypted. Kept by default: templates of
   * another embedding model can only be made from pictures, without them a change of model means enrolling everyone anew.
   */
  keepImages: z.enum(['never', 'always']).default('always'),
});
export type Settings = z.infer<typeof Settings>;

const { language, collectionId, falsePositiveRate, cameraLabel, sound, keepImages } = Settings.shape;
/** Settings to change; what is left out stays (`Settings.partial()` would set it back to its default). */
export const SettingsPatch = z
  .strictObject({
    language: language.unwrap(),
    collectionId: collectionId.unwrap(),
    falsePositiveRate: falsePositiveRate.unwrap(),
    cameraLabel: cameraLabel.unwrap(),
    sound: sound.unwrap(),
    keepImages: keepImages.unwrap(),
  })
  .partial();
export type SettingsPatch = z.infer<typeof SettingsPatch>;
