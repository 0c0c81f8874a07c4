import type { ComponentChildren } from 'preact';
import { KIOSK_MODES, type Settings } from '#contract';
import { formatDate, t } from '../i18n.ts';
import { Segments } from '../ui/segments.tsx';
import { SelectField } from '../ui/select-field.tsx';

type ModeSettings = Pick<Settings, 'mode' | 'doorShowsName' | 'attendanceBy' | 'startBy' | 'night'>;

interface Props {
  readonly value: ModeSettings;
  readonly onValue: (part: Partial<ModeSettings>) => void;
}

const HOURS = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`);
const NIGHT = { from: '22:00', to: '06:00' } as const;

/** What the kiosk is for, what begins a visit, and when its screen is dimmed. */
export function ModeFields({ value: { mode, doorShowsName, attendanceBy, startBy, night }, onValue }: Props) {
  return (
    <>
      <Choice
        name="mode"
        label={t('mode.label')}
        options={KIOSK_MODES}
        value={mode}
        textOf={(each) => t(`mode.${each}.name`)}
        hint={t(`mode.${mode}.hint`)}
        onValue={(next) => onValue({ mode: next })}
      />
      {mode === 'door' && (
        <Choice
          name="door-name"
          label={t('mode.doorName')}
          options={[false, true] as const}
          value={doorShowsName}
          textOf={(each) => t(each ? 'mode.nameShown' : 'mode.nameHidden')}
          onValue={(next) => onValue({ doorShowsName: next })}
        />
      )}
      {mode === 'attendance' && (
        <Choice
          name="attendance-by"
          label={t('mode.attendanceBy')}
          options={['alternating', 'touch'] as const}
          value={attendanceBy}
          textOf={(each) => t(`mode.by.${each}`)}
          onValue={(next) => onValue({ attendanceBy: next })}
        />
      )}
      <Choice
        name="start-by"
        label={t('mode.startBy')}
        options={['presence', 'touch'] as const}
        value={startBy}
        textOf={(each) => t(`mode.start.${each}`)}
        onValue={(next) => onValue({ startBy: next })}
      />
      <Choice
        name="night"
        label={t('mode.night')}
        options={[false, true] as const}
        value={night !== null}
        textOf={(each) => t(each ? 'mode.nightOn' : 'mode.nightOff')}
        onValue={(next) => onValue({ night: next ? NIGHT : null })}
      >
        {night && (
          <div class="night-hours">
            {(['from', 'to'] as const).map((end) => (
              <Hour
                key={end}
                id={`night-${end}`}
                label={t(`mode.nightHours.${end}`)}
                value={night[end]}
                other={night[end === 'from' ? 'to' : 'from']}
                onValue={(time) => onValue({ night: { ...night, [end]: time } })}
              />
            ))}
          </div>
        )}
      </Choice>
    </>
  );
}

interface ChoiceProps<T> {
  readonly name: string;
  readonly label: string;
  readonly options: readonly T[];
  readonly value: T;
  readonly textOf: (option: T) => string;
  readonly hint?: string;
  readonly onValue: (value: T) => void;
  readonly children?: ComponentChildren;
}

function Choice<T extends string | boolean>(props: ChoiceProps<T>) {
  const { name, label, options, value, textOf, hint, onValue, children } = props;
  return (
    <fieldset class="setting">
      <legend>{label}</legend>
      <Segments {...{ name, options, value, textOf, onValue }} />
      {hint && <p class="hint">{hint}</p>}
      {children}
    </fieldset>
  );
}

interface HourProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  /** The other end, which cannot be the same. */
  readonly other: string;
  readonly onValue: (time: string) => void;
}

const clock = (time: string): string =>
  formatDate(new Date(2000, 0, 1, Number(time.slice(0, 2)), Number(time.slice(3))), {
    hour: 'numeric',
    minute: '2-digit',
  });

function Hour({ id, label, value, other, onValue }: HourProps) {
  const times = [...new Set([...HOURS, value])].filter((time) => time !== other).toSorted();
  const options = times.map((time) => [time, clock(time)] as const);
  return <SelectField isPart {...{ id, label, value, options, onValue }} />;
}
