import { useEffect, useRef, useState } from 'preact/hooks';
import { LIST_LIMITS, type KioskInput } from '#contract';
import { status } from '../appliance.ts';
import { codeOf } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Tick } from '../ui/tick.tsx';
import {
  countForAdministrator,
  countLines,
  fileKey,
  type ImportLine,
  linesOf,
  listsAmong,
  lookedAtFirst,
  needsLook,
  settled,
  unchecked,
  type Unused,
} from './import-state.ts';
import { InnerPanel } from './panel.tsx';
import { readFiles } from './pictures.ts';
import { ask, isAdministrator } from './session.ts';

interface Props {
  readonly onClose: () => void;
}

/** Enrols the people of a list from files: first a report of each line, then one after the other. */
export function Import({ onClose }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [files, setFiles] = useState<ReadonlyMap<string, File>>(new Map());
  const [lines, setLines] = useState<readonly ImportLine[] | null>(null);
  const [listName, setListName] = useState('');
  /** Whether anybody was to be enrolled: before, what is said of the list is a check of it, and no result. */
  const [hasBegun, setBegun] = useState(false);
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
    setBegun(false);
    const [list, ...more] = listsAmong(chosen);
    const named = new Map(chosen.map((file) => [fileKey(file.name), file]));
    setFiles(named);
    if (input.current) input.current.value = '';
    if (list && more.length > 0)
      return setError(
        t('import.severalLists', { files: [list, ...more].map(({ name }) => name).join(', ') }),
      );
    if (!list || list.size > LIST_LIMITS.characters) return setError(t('import.noList'));
    try {
      const read = await ask('people.read-list', { list: await list.text() });
      setListName(list.name);
      setLines(linesOf(read, new Set(named.keys()), isAdministrator()));
    } catch (failure) {
      setError(errorText(codeOf(failure)));
    }
  };

  /** @param isPreview only looks at the pictures, of those lines where that was not done */
  const run = async (isPreview: boolean): Promise<void> => {
    isWanted.current = true;
    setRunning(true);
    setError(null);
    setBegun(!isPreview);
    let now = lines ?? [];
    for (const { line, state } of isPreview ? unchecked(now) : now) {
      if (!isWanted.current) break;
      if (state.kind !== 'waiting') continue;
      const next = await outcomeOf(state, files, { consented: terms && signed, isPreview });
      if (isPreview && next.kind === 'failed') {
        // A check takes nobody out of the list: it can go on.
        setError(errorText(next.code));
        break;
      }
      now = settled(now, line, next);
      setLines(now);
    }
    setRunning(false);
    announce(t(isPreview ? 'import.check' : 'import.counts', { ...countLines(now), file: listName }));
  };

  // The policy of a browser that is locked down opens no dialog; Electron has none.
  const isLocked = status.value?.lockdownGaps.length === 0 && !('lintel' in globalThis);
  const counts = lines && countLines(lines);
  const forAdministrator = countForAdministrator(lines ?? []);
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
          {forAdministrator > 0 && (
            <p data-testid="administrator-only">
              {t('import.administratorOnly', { count: forAdministrator })}
            </p>
          )}
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
            {unchecked(lines).length > 0 && !hasBegun && !isRunning && (
              <Button tone="secondary" testId="import-look" onClick={() => void run(true)}>
                {t('import.look')}
              </Button>
            )}
            {counts.waiting > 0 && !isRunning && (
              <Button tone="primary" disabled={!isSigned} testId="import-run" onClick={() => void run(false)}>
                {t('import.run', { count: counts.waiting })}
              </Button>
            )}
            {isRunning && (
              <Button tone="secondary" testId="import-stop" onClick={() => (isWanted.current = false)}>
                {t('import.stop')}
              </Button>
            )}
          </div>
          {hasBegun ? (
            <p data-testid="import-counts">{t('import.counts', { ...counts, file: listName })}</p>
          ) : (
            <p data-testid="import-check">{t('import.check', { ...counts, file: listName })}</p>
          )}
          {(hasBegun || isRunning) && (
            <progress
              class="import-progress"
              max={counts.all}
              value={counts.all - (hasBegun ? counts.waiting : unchecked(lines).length)}
              aria-label={t('import.title')}
            />
          )}
          <Report lines={lines} />
        </>
      )}
    </InnerPanel>
  );
}

/** What becomes of a line that waits, or would. */
async function outcomeOf(
  { row }: Extract<ImportLine['state'], { kind: 'waiting' }>,
  files: ReadonlyMap<string, File>,
  how: Pick<KioskInput<'people.import'>, 'consented' | 'isPreview'>,
): Promise<ImportLine['state']> {
  try {
    const chosen = row.pictures.flatMap((picture) => files.get(fileKey(picture)) ?? []);
    const { read, tooLarge } = await readFiles(chosen);
    if (tooLarge.length > 0)
      return { kind: 'unusable', unused: tooLarge.map((file) => ({ file, code: 'image-too-large' })) };
    const { outcome, rejected, alike } = await ask('people.import', {
      person: row.person,
      images: read,
      ...how,
    });
    const unused = rejected.map(({ index, code, faceCount }): Unused => ({
      file: chosen[index]?.name ?? '',
      code,
      ...(faceCount !== undefined && { faceCount }),
    }));
    if (outcome === 'known') return { kind: 'known', holder: null };
    if (outcome === 'listed') return { kind: 'waiting', row, unused };
    if (outcome === 'held') return { kind: 'held', alike, unused };
    return outcome === 'refused' ? { kind: 'unusable', unused } : { kind: 'enrolled', unused };
  } catch (failure) {
    return { kind: 'failed', code: codeOf(failure) };
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
        {lookedAtFirst(lines).map((each) => (
          <tr
            key={each.line}
            data-testid="import-line"
            data-line={each.line}
            data-state={each.state.kind}
            data-look={needsLook(each)}
          >
            <td data-label={t('import.line')}>{each.line}</td>
            <th scope="row">
              <bdi>{each.name || '–'}</bdi>
            </th>
            <td class="people-text">
              <span class="import-state">
                {(each.state.kind !== 'waiting' || each.state.unused !== null) && (
                  <Icon name={iconOf(each)} />
                )}
                {wordsOf(each.state)}
              </span>
              {unusedOf(each.state).map(({ file, code, faceCount }) => (
                <span key={file} class="hint" data-testid="import-unused">
                  <bdi>{file}</bdi>
                  {': '}
                  {faceCount === undefined ? errorText(code) : t('enrol.tooManyFaces', { count: faceCount })}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function iconOf(line: ImportLine): IconName {
  if (!needsLook(line)) return 'check';
  return ['enrolled', 'waiting'].includes(line.state.kind) ? 'info' : 'cross';
}

/** The pictures that were not used. */
const unusedOf = (state: ImportLine['state']): readonly Unused[] =>
  'unused' in state ? (state.unused ?? []) : [];

function wordsOf(state: ImportLine['state']): string {
  if (state.kind === 'waiting') {
    if (state.unused === null) return t('import.waiting', { count: state.row.pictures.length });
    return t(state.unused.length > 0 ? 'import.fitPartly' : 'import.fit');
  }
  if (state.kind === 'enrolled')
    return t(state.unused.length > 0 ? 'import.enrolledPartly' : 'import.enrolled');
  if (state.kind === 'known')
    return state.holder === null ? t('import.known') : t('import.knownAs', { name: state.holder });
  if (state.kind === 'held') return t('import.held', { name: state.alike ?? t('people.noName') });
  if (state.kind === 'missing') return t('import.missing', { file: state.file });
  if (state.kind === 'unusable') return t('import.unusable');
  if (state.kind === 'failed') return errorText(state.code);
  return state.earlier === null
    ? t(`import.rules.${state.column}`)
    : t('import.keyTwice', { line: state.earlier });
}
