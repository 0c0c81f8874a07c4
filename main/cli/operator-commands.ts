import { DisplayName, LintelError, OPERATOR_ROLES, OperatorRole, oneLine } from '#contract';
import type { Store } from '#core/store';
import { createOperator, type Operator } from '../operator/index.ts';
import type { AskSecret } from './ask-secret.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

/** The operators of an appliance, from the console; also while the appliance runs. */

export async function listOperators(options: InStore): Promise<Answer> {
  return await withOperators(options, async (operators) => {
    const list = await operators.list();
    return {
      json: { operators: list },
      text: table(
        ['Operator', 'Role', 'Name'],
        list.map(({ operatorId, name, role }) => [operatorId, role, name]),
        'There are no operators: the first one chooses a PIN with the set-up code.',
      ),
    };
  });
}

/** @throws LintelError `operator-name-invalid`, `operator-exists`, `last-administrator` before there is one */
export async function addOperator(
  name: string,
  options: InStore & { role: string },
  ask: AskSecret,
): Promise<Answer> {
  const parsed = DisplayName.safeParse(name);
  if (!parsed.success) throw new LintelError('operator-name-invalid');
  const role = roleFrom(options.role);
  const pin = await ask(`New PIN by which ${oneLine(parsed.data)} will sign in, 6 to 12 digits`);
  return await withOperators(options, async (operators) => {
    const added = await operators.add(parsed.data, role, pin);
    return { json: { ...added }, text: `Added ${added.operatorId}.` };
  });
}

/** @param who id or name */
export async function setOperatorRole(who: string, role: string, options: InStore): Promise<Answer> {
  const parsed = roleFrom(role);
  return await withOperators(options, async (operators) => {
    const operatorId = await idOf(operators, who);
    await operators.setRole(operatorId, parsed);
    return { json: { operatorId, role: parsed }, text: `${operatorId} has the role ${parsed}.` };
  });
}

export async function setOperatorPin(who: string, options: InStore, ask: AskSecret): Promise<Answer> {
  const pin = await ask(`New PIN by which ${oneLine(who)} will sign in, 6 to 12 digits`);
  return await withOperators(options, async (operators) => {
    const operatorId = await idOf(operators, who);
    await operators.replacePin(operatorId, pin);
    return { json: { operatorId, changed: true }, text: `The PIN of ${operatorId} is set.` };
  });
}

export async function removeOperator(who: string, options: InStore): Promise<Answer> {
  return await withOperators(options, async (operators) => {
    const operatorId = await idOf(operators, who);
    await operators.remove(operatorId);
    return { json: { operatorId, removed: true }, text: `Removed ${operatorId}.` };
  });
}

function roleFrom(text: string): OperatorRole {
  const role = OperatorRole.safeParse(text);
  if (!role.success) throw new LintelError('usage', `Roles are ${OPERATOR_ROLES.join(', ')}.`);
  return role.data;
}

/** @throws LintelError `operator-not-found` */
async function idOf(operators: Operator, who: string): Promise<string> {
  const found = (await operators.list()).find(({ operatorId, name }) => [operatorId, name].includes(who));
  if (found === undefined) throw new LintelError('operator-not-found');
  return found.operatorId;
}

const withOperators = (options: InStore, work: (operators: Operator) => Promise<Answer>): Promise<Answer> =>
  withStore(options, (store: Store) => work(createOperator(store)));
