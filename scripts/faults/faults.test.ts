import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../setup/paths.ts';
import { FAULTS } from './faults.ts';

it.each(FAULTS)('$fault: there is such a test, once', async ({ file, test }) => {
  expect((await readFile(join(ROOT, file), 'utf8')).split(`it('${test}'`)).toHaveLength(2);
});
