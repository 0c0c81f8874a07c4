import type { Face } from '#contract';
import { t } from '../i18n.ts';

/** What to call a person: by name, else key, else that there is none. */
export const labelOf = (face: Pick<Face, 'metadata' | 'externalKey'>): string =>
  face.metadata.name ?? face.externalKey ?? t('people.noName');
