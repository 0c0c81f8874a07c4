import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withPlans } from './architecture/page.ts';

/** `npm run architecture`: draws the imports between folders into docs/architecture.md. */
const root = fileURLToPath(new URL('..', import.meta.url));
const page = new URL('../docs/architecture.md', import.meta.url);
writeFileSync(page, withPlans(readFileSync(page, 'utf8'), root));
