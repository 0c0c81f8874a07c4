import { productImports } from './imports.ts';
import { drawPlan, planOf } from './rooms.ts';

/** The floors that are drawn, with their headings; the first is the whole product. */
const DRAWN = {
  '': 'All floors',
  core: '`core/`',
  'core/store': '`core/store/`',
  main: '`main/`',
  renderer: '`renderer/`',
  server: '`server/`',
} as const;

/** The page with the plans between its marks drawn again from the imports of the project at `root`. */
export function withPlans(page: string, root: string): string {
  const imports = productImports(root);
  const plans = Object.entries(DRAWN).map(
    ([folder, heading]) => `${heading}:\n\n${drawPlan(planOf(imports, folder))}`,
  );
  return page.replace(/(?<=<!-- plans -->\n).*(?=<!-- \/plans -->)/s, () => `\n${plans.join('\n\n')}\n\n`);
}
