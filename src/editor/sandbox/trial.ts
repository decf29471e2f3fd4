import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type FileFault, refusedFiles } from '../../model/refused.ts';

/** A component to be tested, which may differ from its file. */
export interface Subject {
  /** Its name in graphs: `chat/Slow`. */
  readonly name: string;
  /** The project's folder. */
  readonly root: string;
  /** Its path relative to that folder; imports are resolved from there. */
  readonly file: string;
  readonly code: string;
  /** In fbp-spec's format; the file is only used in messages. */
  readonly tests?: { readonly file: string; readonly text: string };
}

/** One case of a component's YAML. */
export interface CaseResult {
  readonly name: string;
  /** The failure and its place. */
  readonly wrong?: FileFault;
}

/** Messages of the trial process. */
export type TrialReport =
  | { readonly kind: 'started' }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'case'; readonly result: CaseResult }
  | { readonly kind: 'mistake'; readonly fault: FileFault }
  | { readonly kind: 'done' };

/** Default timeout in milliseconds of a trial process without messages, after its start. */
const SILENCE_TIMEOUT_MS = 5000;
/** Timeout of a trial in milliseconds. */
const MAX_TRIAL_MS = 60_000;
const FLAGS = [
  '-r',
  join(import.meta.dirname, '../../node24.cjs'),
  '--max-old-space-size=256',
  '--disable-warning=ExperimentalWarning',
];

/**
 * Loads a component in its own process without this one's environment, and runs its tests there. Rejects with Refused
 * and the place of the error if it is broken, blocks, or ends the process. A failed test is a result.
 */
export async function tryOut(subject: Subject, patience = SILENCE_TIMEOUT_MS): Promise<readonly CaseResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-trial-'));
  const child = spawn(
    process.execPath,
    [...FLAGS, join(import.meta.dirname, `trial-process${extname(import.meta.filename)}`)],
    {
      cwd: folder,
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    },
  );
  try {
    return await listen(child, subject, patience);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listen(
  child: ChildProcess,
  { file, ...subject }: Subject,
  patience: number,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  let isLoaded = false;
  let timer: NodeJS.Timeout | undefined;
  let last: NodeJS.Timeout | undefined;
  const where = () => (isLoaded ? `in the test after "${results.at(-1)?.name ?? 'its start'}"` : 'while it is loaded');
  const heard = new Promise<readonly CaseResult[]>((resolve, reject) => {
    const refuse = (message: string) => reject(refusedFiles([{ file, message }]));
    const late = () => refuse(`it does not come back ${where()}; it had ${patience / 1000} s`);
    last = setTimeout(() => refuse(`it takes more than ${MAX_TRIAL_MS / 1000} s`), MAX_TRIAL_MS);
    child.on('message', (said: TrialReport) => {
      clearTimeout(timer);
      timer = setTimeout(late, patience);
      if (said.kind === 'loaded') isLoaded = true;
      else if (said.kind === 'case') results.push(said.result);
      else if (said.kind === 'mistake') reject(refusedFiles([said.fault]));
      else if (isLoaded) resolve(results);
    });
    // Fires after all messages, unlike `exit`.
    child.once('disconnect', () => refuse(`it ends the process ${where()}`));
    child.once('error', error => refuse(`it can't be tried out: ${error.message}`));
    child.send({ ...subject, file }, error => error && refuse(`it can't be tried out: ${error.message}`));
  });
  return heard.finally(() => [timer, last].forEach(clearTimeout));
}
