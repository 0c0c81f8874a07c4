import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { LANGUAGES, type Settings } from '#contract';
import { adopt, status } from '../appliance.ts';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { cameraLabels } from '../camera/camera.ts';
import { errorText, LANGUAGE_NAMES, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Remark } from '../ui/remark.tsx';
import { SelectField } from '../ui/select-field.tsx';
import { AssuranceFields } from './assurance-fields.tsx';
import { CameraMounting } from './camera-mounting.tsx';
import { CameraTrust } from './camera-trust.tsx';
import { ChallengeFields } from './challenge-fields.tsx';
import { ChangePin } from './change-pin.tsx';
import { ConsentFields } from './consent-fields.tsx';
import { ModeFields } from './mode-fields.tsx';
import { OperatorFields } from './operators.tsx';
import { Panel } from './panel.tsx';
import { ask } from './session.ts';
import { StrictnessField } from './strictness.tsx';
import { SwitchField } from './switch-field.tsx';

const FIRST_CAMERA = '';
/** Settings that are on or off; their texts are those of `settings`. */
const SWITCHES = {
  kiosk: [
    { name: 'languages', setting: 'offersLanguages', text: 'languages' },
    { name: 'notice', setting: 'notice', text: 'notice' },
    { name: 'cards', setting: 'cards', text: 'cards' },
    { name: 'sound', setting: 'sound', text: 'sound' },
  ],
  recognition: [{ name: 'learn', setting: 'learnFromVisits', text: 'learn' }],
  server: [
    { name: 'metered', setting: 'syncOverMetered', text: 'metered' },
    { name: 'search-online', setting: 'searchOnline', text: 'searchOnline' },
  ],
} as const;

/** The pending choices without those that were answered, but for what was chosen again since. */
function withoutSettled(pending: Partial<Settings>, answered: Partial<Settings>): Partial<Settings> {
  const entries = Object.entries(pending) as [keyof Settings, unknown][];
  return Object.fromEntries(entries.filter(([key, value]) => !(key in answered) || value !== answered[key]));
}

/** What an operator may change. Every change is kept at once. */
export function SettingsTab() {
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const [saved, setSaved] = useState(false);
  /** What was chosen here and is not answered yet. */
  const [pending, setPending] = useState<Partial<Settings>>({});
  const appliance = status.value;
  if (!appliance) return null;
  const { version } = appliance;
  // A choice shows at once, also while the answer to an earlier one arrives, and goes back should it be refused.
  const settings: Settings = { ...appliance.settings, ...pending };

  const change = async (part: Partial<Settings>): Promise<void> => {
    setSaved(false);
    setError(null);
    setPending((now) => ({ ...now, ...part }));
    try {
      const settings = await ask('settings.update', part);
      adopt({ ...(status.value ?? appliance), settings });
      setSaved(true);
      announce(t('settings.saved'));
    } catch (failure) {
      setError(codeOf(failure));
    } finally {
      setPending((now) => withoutSettled(now, part));
    }
  };

  const onValue = (part: Partial<Settings>): void => void change(part);
  const switchesOf = (group: keyof typeof SWITCHES) =>
    SWITCHES[group].map(({ name, setting, text }) => (
      <SwitchField
        key={name}
        name={name}
        label={t(`settings.${text}`)}
        hint={t(`settings.${text}Hint`)}
        value={settings[setting]}
        onValue={(value) => onValue({ [setting]: value })}
      />
    ));

  return (
    <Panel
      name="settings"
      title={t('settings.title')}
      beside={saved && <Remark kind="saved" text={t('settings.saved')} testId="saved" />}
    >
      <FormError text={error && errorText(error)} testId="settings-error" />
      <Group title={t('settings.groups.kiosk')}>
        <fieldset class="setting">
          <legend>{t('settings.language')}</legend>
          <div class="segments">
            {LANGUAGES.map((each) => (
              <label key={each} class="segment" lang={each}>
                <input
                  type="radio"
                  name="language"
                  checked={settings.language === each}
                  data-testid={`language-${each}`}
                  onChange={() => onValue({ language: each })}
                />
                {LANGUAGE_NAMES[each]}
              </label>
            ))}
          </div>
        </fieldset>
        <ModeFields value={settings} onValue={onValue} />
        {switchesOf('kiosk')}
      </Group>
      <Group title={t('settings.groups.camera')}>
        <CameraTrust />
        <CameraField label={settings.cameraLabel} onLabel={(cameraLabel) => onValue({ cameraLabel })} />
        <CameraMounting value={settings} onValue={onValue} />
      </Group>
      <Group title={t('settings.groups.recognition')}>
        <StrictnessField
          value={settings.falsePositiveRate}
          onValue={(falsePositiveRate) => onValue({ falsePositiveRate })}
        />
        <AssuranceFields value={settings} onValue={onValue} />
        <ChallengeFields value={settings} onValue={onValue} />
        {switchesOf('recognition')}
      </Group>
      <Group title={t('consent.title')}>
        <ConsentFields value={settings} onValue={onValue} />
      </Group>
      <Group title={t('server.title')}>{switchesOf('server')}</Group>
      <Group title={t('settings.groups.staff')}>
        <ChangePin />
        <OperatorFields />
      </Group>
      <p class="hint" data-testid="version">
        {t('settings.about', { version })}
      </p>
    </Panel>
  );
}

/** Settings that belong together, under their title. */
function Group({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  const titleId = useId();
  return (
    <section class="settings" aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      <div class="card">{children}</div>
    </section>
  );
}

/** What every operator may change: their own PIN. */
export function OwnSettings() {
  return (
    <Panel name="settings" title={t('settings.title')}>
      <div class="card">
        <ChangePin />
      </div>
    </Panel>
  );
}

interface CameraFieldProps {
  readonly label: string | null;
  readonly onLabel: (label: string | null) => void;
}

function CameraField({ label, onLabel }: CameraFieldProps) {
  const labels = [...new Set(cameraLabels.value)];
  const isAbsent = label !== null && !labels.includes(label);
  return (
    <SelectField
      id="camera"
      label={t('settings.camera')}
      value={label ?? FIRST_CAMERA}
      options={[
        [FIRST_CAMERA, t('settings.firstCamera')],
        ...labels.map((each) => [each, each] as const),
        ...(isAbsent ? [[label, t('settings.cameraAbsent', { label })] as const] : []),
      ]}
      onValue={(chosen) => onLabel(chosen || null)}
    />
  );
}
