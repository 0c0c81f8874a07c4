import type { Envelope } from '../../http/endpoints.ts';
import { PROBLEMS } from '../../http/errors/index.ts';

/** The page names statuses only: the body is a problem, as where no page says anything. */
export const UQUDO: Envelope = {
  refusals: { ...PROBLEMS, named: { 'image-unsupported': [415, 'IMAGE_UNSUPPORTED'] }, challenge: 'Bearer' },
};
