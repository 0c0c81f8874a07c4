export { correctPerson, type Corrections } from './correct.ts';
export { addReferences, likenessTo } from './enrol.ts';
export { enrolByDescriptor, type DescribedPerson } from './descriptors.ts';
export { readList } from './import-list.ts';
export { importPerson, previewPerson, type Imported, type Previewed } from './import-person.ts';
export { keyOfName, nameOfKey } from './key-of-name.ts';
export { liveLookOf, looksLive } from './look-live.ts';
export {
  referenceFrom,
  referenceOf,
  type Admitted,
  type FacePicture,
  type ReferenceOptions,
} from './reference.ts';
export { referencesFrom, type References } from './references.ts';
export { ENROLMENT_RULES, type EnrolmentRules, type PictureRules } from './rules.ts';
