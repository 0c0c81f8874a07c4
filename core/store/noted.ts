import { isDeepStrictEqual } from 'node:util';
import type { AuditEntry, FaceMetadata } from '#contract';

/** Where a face is. */
interface Place {
  readonly account: string;
  readonly collectionId: string;
  readonly faceId: string;
}

/** What is noted about a person then: access and consent that are not named stay. */
export const notedOver = ({ access, consent }: FaceMetadata, metadata: FaceMetadata): FaceMetadata => ({
  ...(access && { access }),
  ...(consent && { consent }),
  ...metadata,
});

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
