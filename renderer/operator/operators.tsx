import { useState } from 'preact/hooks';
import { DisplayName, OPERATOR_ROLES, type ListedOperator, type OperatorRole } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Segments } from '../ui/segments.tsx';
import { SelectField } from '../ui/select-field.tsx';
import { DangerButton } from './danger-button.tsx';
import { NewPinDialog } from './new-pin.tsx';
import { ask } from './session.ts';
import { useLoad } from './use-load.ts';

type Operators = readonly ListedOperator[];
/** Changes something, and tells what it did. */
type Change = (work: () => Promise<{ operators: ListedOperator[] }>, done: string) => Promise<void>;

/** Who operates this device, and in which role: for administrators. */
export function OperatorFields() {
  const [operators, setOperators] = useState<Operators>([]);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  useLoad(
    () => ask('operators.list', {}),
    (loaded) => setOperators(loaded.operators),
    setError,
    [],
  );
  const change: Change = async (work, done) => {
    setError(null);
    setOperators((await work()).operators);
    announce(done);
  };
  /** Where no dialog shows what went wrong. */
  const changeHere: Change = (work, done) =>
    change(work, done).catch((failure: unknown) => setError(codeOf(failure)));
  return (
    <fieldset class="setting operators" data-testid="operators">
      <legend>{t('operators.title')}</legend>
      <FormError text={error && errorText(error)} code={error} testId="operators-error" />
      <ul class="visitors">
        {operators.map((each) => (
          <OneOperator key={each.operatorId} operator={each} change={change} changeHere={changeHere} />
        ))}
      </ul>
      <AddOperator change={change} />
    </fieldset>
  );
}

interface OneProps {
  readonly operator: ListedOperator;
  readonly change: Change;
  readonly changeHere: Change;
}

function OneOperator({ operator: { operatorId, name, role }, change, changeHere }: OneProps) {
  const [choosing, setChoosing] = useState(false);
  return (
    <li class="visitor" data-testid="operator" data-role={role}>
      <div class="visitor-who">
        <strong>
          <bdi>{name}</bdi>
        </strong>
      </div>
      <SelectField
        id={`role-${operatorId}`}
        label={t('operators.role')}
        spoken={t('operators.roleOf', { name })}
        value={role}
        options={OPERATOR_ROLES.map((each) => [each, t(`operators.roles.${each}`)] as const)}
        isPart
        onValue={(next) =>
          void changeHere(
            () => ask('operators.set-role', { operatorId, role: next as OperatorRole }),
            t('operators.saved'),
          )
        }
      />
      <div class="people-actions">
        <Button
          tone="quiet"
          label={t('operators.newPinOf', { name })}
          testId="operator-pin"
          onClick={() => setChoosing(true)}
        >
          {t('operators.newPin')}
        </Button>
        <DangerButton
          tone="quiet"
          action={t('operators.remove')}
          title={t('operators.removeTitle', { name })}
          busy={false}
          testId="operator-remove"
          onConfirm={() => change(() => ask('operators.remove', { operatorId }), t('operators.removed'))}
        >
          {t('operators.removeText')}
        </DangerButton>
      </div>
      {choosing && (
        <NewPinDialog
          onClose={() => setChoosing(false)}
          onChosen={async (pin) => {
            await change(() => ask('operators.set-pin', { operatorId, pin }), t('settings.pinChanged'));
            setChoosing(false);
          }}
        />
      )}
    </li>
  );
}

function AddOperator({ change }: { readonly change: Change }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<OperatorRole>('reception');
  const [tried, setTried] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const parsed = DisplayName.safeParse(name);
  return (
    <div class="visitor-form">
      <TextField
        label={t('operators.name')}
        value={name}
        onValue={setName}
        error={tried && !parsed.success ? t('enrol.nameMissing') : null}
        testId="operator-name"
      />
      <fieldset>
        <legend>{t('operators.role')}</legend>
        <Segments
          name="operator-role"
          options={OPERATOR_ROLES}
          value={role}
          textOf={(each) => t(`operators.roles.${each}`)}
          onValue={setRole}
        />
        <p class="hint">{t(`operators.roleHints.${role}`)}</p>
      </fieldset>
      <Button
        tone="secondary"
        testId="operator-add"
        onClick={() => {
          setTried(true);
          setChoosing(parsed.success);
        }}
      >
        {t('operators.add')}
      </Button>
      {choosing && parsed.success && (
        <NewPinDialog
          onClose={() => setChoosing(false)}
          onChosen={async (pin) => {
            await change(() => ask('operators.add', { name: parsed.data, role, pin }), t('operators.added'));
            setChoosing(false);
            setName('');
            setTried(false);
          }}
        />
      )}
    </div>
  );
}
