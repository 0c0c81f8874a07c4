import { useEffect, useRef, useState } from 'preact/hooks';
import { LIST_LIMITS } from '#contract';
import { status } from '../appliance.ts';
import { codeOf } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Icon } from '../ui/icon.tsx';
import { Tick } from '../ui/tick.tsx';
import { countLines, fileKey, type ImportLine, linesOf, settled } from './import-state.ts';
import { InnerPanel } from './panel.tsx';
import { readFiles } from './pictures.ts';
import { ask } from './session.ts';

interface Props {
  readonly onClose: () => void;
}

/** Enrols the people of a list from files: first a report of each line, then one after the other. */
export function Import({ onClose }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [files, setFiles] = useState<ReadonlyMap<string, File>>(new Map());
  const [lines, setLines] = useState<readonly ImportLine[] | null>(null);
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const terms = status.value?.settings.consent ?? null;
  /** The version of the text that everybody on the list has signed. */
  const [signed, setSigned] = useState<string | null>(null);
  const isSigned = terms === null || signed === terms.version;
  const isWanted = useRef(true);
  useEffect(
    () => () => {
      isWanted.current = false;
    },
    [],
  );

  const choose = async (chosen: readonly File[]): Promise<void> => {
    setError(null);
    setLines(null);
    setSigned(null);
    const list = chosen.find(({ name }) => /\.(csv|tsv|txt)$/i.test(name));
    const named = new Map(chosen.map((file) => [fileKey(file.name), file]));
    setFiles(named);
    if (input.current) input.current.value = '';
    if (!list || list.size > LIST_LIMITS.characters) return setError(t('import.noList'));
    try {
      const read = await ask('people.read-list', { list: await list.text() });
      setLines(linesOf(read, new Set(named.keys())));
    } catch (failure) {
      setError(errorText(codeOf(failure)));
    }
  };

  const run = async (): Promise<void> => {
    isWanted.current = true;
    setRunning(true);
    let now = lines ?? [];
    for (const { line, state } of now) {
      if (!isWanted.current) break;
      if (state.kind !== 'waiting') continue;
      now = settled(now, line, await enrolled(state, files, terms && signed));
      setLines(now);
    }
    setRunning(false);
    const counts = countLines(now);
    announce(t('import.counts', { enrolled: counts.enrolled, left: now.length - counts.enrolled }));
  };

  // The policy of a browser that is locked down opens no dialog; Electron has none.
  const isLocked = status.value?.lockdownGaps.length === 0 && !('lintel' in globalThis);
  const counts = lines && countLines(lines);
  return (
    <InnerPanel name="import" title={t('import.title')} onBack={onClose}>
      <p class="hint">{t(isLocked ? 'import.locked' : 'import.hint')}</p>
      <input
        ref={input}
        hidden
        type="file"
        accept=".csv,.tsv,.txt,image/jpeg,image/png"
        multiple
        data-testid="import-files"
        onChange={(event) => void choose([...(event.currentTarget.files ?? [])])}
      />
      {!isLocked && (
        <button
          type="button"
          class="drop"
          disabled={isRunning}
          data-testid="import-choose"
          onClick={() => input.current?.click()}
        >
          <Icon name="file" />
          <span>{t('import.choose')}</span>
        </button>
      )}
      <FormError text={error} testId="import-error" />
      {lines && counts && (
        <>
          {terms && counts.waiting > 0 && !isRunning && (
            <Tick
              kind="consent-tick"
              value={isSigned}
              testId="import-signed"
              onValue={(value) => setSigned(value ? terms.version : null)}
            >
              {t('import.signed', { version: terms.version })}
            </Tick>
          )}
          <div class="person-ways">
            {counts.waiting > 0 && !isRunning && (
              <Button tone="primary" disabled={!isSigned} testId="import-run" onClick={() => void run()}>
                {t('import.run', { count: counts.waiting })}
              </Button>
            )}
            {isRunning && (
              <Button tone="secondary" testId="import-stop" onClick={() => (isWanted.current = false)}>
                {t('import.stop')}
              </Button>
            )}
          </div>
          <p data-testid="import-counts">
            {t('import.counts', { enrolled: counts.enrolled, left: lines.length - counts.enrolled })}
          </p>
          <progress
            class="import-progress"
            max={lines.length}
            value={lines.length - counts.waiting}
            aria-label={t('import.title')}
          />
          <Report lines={lines} />
        </>
      )}
    </InnerPanel>
  );
}

/** What becomes of a line that waits. */
async function enrolled(
  { row }: Extract<ImportLine['state'], { kind: 'waiting' }>,
  files: ReadonlyMap<string, File>,
  consented: string | null,
): Promise<ImportLine['state']> {
  try {
    const chosen = row.pictures.flatMap((picture) => files.get(fileKey(picture)) ?? []);
    const { read, tooLarge } = await readFiles(chosen);
    if (tooLarge.length > 0) return { kind: 'refused', code: 'image-too-large', column: 'pictures' };
    const { outcome, rejected, alike } = await ask('people.import', {
      person: row.person,
      images: read,
      consented,
    });
    if (outcome === 'held') return { kind: 'held', alike };
    if (outcome !== 'refused') return { kind: outcome };
    return { kind: 'refused', code: rejected[0]?.code ?? 'no-face', column: 'pictures' };
  } catch (failure) {
    return { kind: 'refused', code: codeOf(failure), column: null };
  }
}

function Report({ lines }: { readonly lines: readonly ImportLine[] }) {
  return (
    <table class="people" data-testid="import-report">
      <thead>
        <tr>
          <th scope="col">{t('import.line')}</th>
          <th scope="col">{t('people.name')}</th>
          <th scope="col">{t('import.outcome')}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ line, name, state }) => (
          <tr key={line} data-testid="import-line" data-state={state.kind}>
            <td data-label={t('import.line')}>{line}</td>
            <th scope="row">
              <bdi>{name || '–'}</bdi>
            </th>
            <td class="people-text">{wordsOf(state)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function wordsOf(state: ImportLine['state']): string {
  if (state.kind === 'waiting') return t('import.waiting', { count: state.row.pictures.length });
  if (state.kind === 'held') return t('import.held', { name: state.alike ?? t('people.noName') });
  if (state.kind === 'missing') return t('import.missing', { file: state.file });
  if (state.kind !== 'refused') return t(`import.${state.kind}`);
  return state.column === null || state.column === 'pictures'
    ? errorText(state.code)
    : `${t(`import.columns.${state.column}`)}: ${errorText(state.code)}`;
}
