import { z } from 'zod';
import { CollectionId, Confidence } from './ids.ts';

export const LANGUAGES = ['en', 'ar'] as const;
export const Language = z.enum(LANGUAGES);
export type Language = z.infer<typeof Language>;

/** What an operator may change at a kiosk. Nothing secret lives here: the file is not encrypted. */
export const Settings = z.strictObject({
  language: Language.default('en'),
  /** The collection this kiosk recognises and enrols into. */
  collectionId: CollectionId.default('default'),
  /** Minimum confidence of a match; 90 is a false-match rate of 1e-5 per comparison. */
  threshold: Confidence.default(90),
  /** Label of the preferred camera, or null for the first one. Labels survive a restart; device ids need not. */
  cameraLabel: z.string().max(512).nullable().default(null),
  /** Spoken and sounded guidance beside the text. */
  sound: z.boolean().default(true),
});
export type Settings = z.infer<typeof Settings>;

const { language, collectionId, threshold, cameraLabel, sound } = Settings.shape;
/** Settings to change; what is left out stays (`Settings.partial()` would set it back to its default). */
export const SettingsPatch = z
  .strictObject({
    language: language.unwrap(),
    collectionId: collectionId.unwrap(),
    threshold: threshold.unwrap(),
    cameraLabel: cameraLabel.unwrap(),
    sound: sound.unwrap(),
  })
  .partial();
export type SettingsPatch = z.infer<typeof SettingsPatch>;
