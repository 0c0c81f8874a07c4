import { useRef, useState } from 'preact/hooks';
import { MAX_REFERENCES_PER_FACE } from '#contract';
import { status } from '../appliance.ts';
import { t } from '../i18n.ts';
import { Icon } from '../ui/icon.tsx';
import { readFiles } from './pictures.ts';

interface Props {
  /** Takes what fits and returns whether all did. */
  readonly onPictures: (pictures: readonly Uint8Array<ArrayBuffer>[]) => boolean;
}

/** Pictures from the machine's files. */
export function EnrolFiles({ onPictures }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [problems, setProblems] = useState<readonly string[]>([]);

  const choose = async (files: readonly File[]): Promise<void> => {
    const { read, tooLarge } = await readFiles(files);
    const all = onPictures(read);
    setProblems([
      ...tooLarge.map((name) => `${name}: ${t('errors.image-too-large')}`),
      ...(all ? [] : [t('enrol.tooMany', { most: MAX_REFERENCES_PER_FACE })]),
    ]);
    // The same file can be chosen again.
    if (input.current) input.current.value = '';
  };

  // The policy of a browser that is locked down opens no dialog; Electron has none.
  if (status.value?.lockdownGaps.length === 0 && !('lintel' in globalThis)) {
    return (
      <p class="hint" data-testid="files-locked">
        {t('enrol.filesLocked')}
      </p>
    );
  }
  return (
    <div class="enrol-files">
      <input
        ref={input}
        hidden
        type="file"
        accept="image/jpeg,image/png"
        multiple
        data-testid="files"
        onChange={(event) => void choose([...(event.currentTarget.files ?? [])])}
      />
      <button type="button" class="drop" data-testid="choose-files" onClick={() => input.current?.click()}>
        <Icon name="file" />
        <span>{t('enrol.choose')}</span>
        <span class="hint">{t('enrol.chooseHint', { most: MAX_REFERENCES_PER_FACE })}</span>
      </button>
      {problems.length > 0 && (
        <ul class="form-error" role="alert" data-testid="file-problems">
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
