import { isDeepStrictEqual } from 'node:util';
import {
  MAX_GROUPS,
  type AuditEntry,
  type FaceMetadata,
  type MetadataEdit,
  type PersonAccess,
} from '#contract';
import type { NewNotes } from './records.ts';

/** Where a face is. */
interface Place {
  readonly account: string;
  readonly collectionId: string;
  readonly faceId: string;
}

const NO_ACCESS: PersonAccess = { groups: [], validFrom: null, validUntil: null };

/** What is noted about a person then: consent, and what of access is not named, stay. */
export function notedOver(
  { access, consent }: FaceMetadata,
  { access: named, ...notes }: NewNotes,
): FaceMetadata {
  return {
    ...(access && { access }),
    ...(named && { access: { ...(access ?? NO_ACCESS), ...named } }),
    ...(consent && { consent }),
    ...notes,
  };
}

/** What changed from one to the other, to be done elsewhere by {@link edited}. */
export function editOf(before: FaceMetadata, after: FaceMetadata): MetadataEdit {
  const [was, is] = [before.access ?? NO_ACCESS, after.access ?? NO_ACCESS];
  const groupsGiven = is.groups.filter((group) => !was.groups.includes(group));
  const groupsTaken = was.groups.filter((group) => !is.groups.includes(group));
  return {
    ...(after.name !== before.name && { name: after.name ?? null }),
    ...(groupsGiven.length > 0 && { groupsGiven }),
    ...(groupsTaken.length > 0 && { groupsTaken }),
    ...(is.validFrom !== was.validFrom && { validFrom: is.validFrom }),
    ...(is.validUntil !== was.validUntil && { validUntil: is.validUntil }),
    ...(after.consent && !isDeepStrictEqual(after.consent, before.consent) && { consent: after.consent }),
  };
}

/** What is noted about a person after an edit that was made elsewhere. Groups for which there is no room are not given. */
export function edited(metadata: FaceMetadata, edit: MetadataEdit): FaceMetadata {
  const { name = metadata.name, groupsGiven = [], groupsTaken = [], validFrom, validUntil, consent } = edit;
  const before = metadata.access ?? NO_ACCESS;
  const groups = new Set([...before.groups.filter((group) => !groupsTaken.includes(group)), ...groupsGiven]);
  const access = {
    groups: [...groups].slice(0, MAX_GROUPS),
    validFrom: validFrom === undefined ? before.validFrom : validFrom,
    validUntil: validUntil === undefined ? before.validUntil : validUntil,
  };
  return notedOver(metadata, {
    ...(name !== null && name !== undefined && { name }),
    ...(!isDeepStrictEqual(access, before) && { access }),
    ...(consent && { consent }),
  });
}

/** What the audit log says where consent is noted with a face: nothing where it was noted before. */
export function consentGiven(place: Place, before: FaceMetadata, { consent }: FaceMetadata): AuditEntry[] {
  if (consent === undefined || isDeepStrictEqual(consent, before.consent)) return [];
  const { version, purpose, termDays, way } = consent;
  return [{ kind: 'consent-given', ...place, version, purpose, termDays, way }];
}

/** What the audit log says before somebody who takes consent back is erased. */
export const consentWithdrawn = (place: Place, { consent }: FaceMetadata): AuditEntry => ({
  kind: 'consent-withdrawn',
  ...place,
  version: consent?.version ?? null,
});
