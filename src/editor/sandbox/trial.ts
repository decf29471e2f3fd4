import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type FileFault, refusedFiles } from '../../model/payload.ts';

/** A component that is to be tried out, whether or not it is in its file. */
export interface Subject {
  /** As graphs name it: `chat/Slow`. */
  readonly name: string;
  /** The project's folder. */
  readonly root: string;
  /** Where it would stand, relative to that folder; what it imports is looked for from there. */
  readonly file: string;
  readonly code: string;
  /** In fbp-spec's format; its file is only named. */
  readonly tests?: { readonly file: string; readonly text: string };
}

/** One case of a component's YAML. */
export interface CaseResult {
  readonly name: string;
  /** Where and why it did not pass. */
  readonly wrong?: FileFault;
}

/** What the process says that tries a component out. */
export type TrialReport =
  | { readonly kind: 'started' }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'case'; readonly result: CaseResult }
  | { readonly kind: 'mistake'; readonly fault: FileFault }
  | { readonly kind: 'done' };

/** Milliseconds that it may be silent once its process has started, unless told otherwise. */
const SILENCE_TIMEOUT_MS = 5000;
/** Milliseconds that it may take in all. */
const MAX_TRIAL_MS = 60_000;
const FLAGS = [
  '-r',
  join(import.meta.dirname, '../../node24.cjs'),
  '--max-old-space-size=256',
  '--disable-warning=ExperimentalWarning',
];

/**
 * Loads a component in a process of its own, with nothing of this one's environment, and runs its tests there. Rejects
 * with Refused, which says where it is broken: also where it blocks or ends its process. A test that fails is a result.
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
    // Comes after all that it said, which its exit does not.
    child.once('disconnect', () => refuse(`it ends the process ${where()}`));
    child.once('error', error => refuse(`it can't be tried out: ${error.message}`));
    child.send({ ...subject, file }, error => error && refuse(`it can't be tried out: ${error.message}`));
  });
  return heard.finally(() => [timer, last].forEach(clearTimeout));
}
