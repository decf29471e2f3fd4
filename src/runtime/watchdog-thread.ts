import { closeSync, writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { replacePrivate } from '../files/contents.ts';
import {
  BEATS,
  DEBUGGED,
  HOLDER,
  HOLDER_OF_QUESTION,
  type Holder,
  type HolderSlot,
  STUCK,
  STUCK_FILE,
  type WatchdogConfig,
} from './watchdog.ts';

/** Milliseconds for a stuck loop to stop and report its location; native code never does. */
const INTERRUPT_TIMEOUT_MS = 5000;
/** Most stack frames reported. */
const MAX_CALLS = 10;

const { memory, period, checks, data, level, json } = workerData as WatchdogConfig;
const holders = new Map<number, Holder>();
parentPort!.on('message', ([number, holder]: HolderSlot) => {
  if (holder) holders.set(number, holder);
  else holders.delete(number);
});

let beats = -1;
let quiet = 0;
const looking = setInterval(() => {
  const now = Atomics.load(memory, BEATS);
  quiet = now === beats && Atomics.load(memory, DEBUGGED) === 0 ? quiet + 1 : 0;
  beats = now;
  if (quiet < checks) return;
  clearInterval(looking);
  void end();
}, period);

/** The location where the loop is stuck, as far as known. */
interface Found {
  readonly holder?: Holder | undefined;
  /** Stack frames, innermost first: `name (file:line:column)`. */
  readonly stack: readonly string[];
}

/** Pauses the main thread and inspects it. */
class Stopped {
  readonly #session = new Session();
  readonly #scripts = new Map<string, string>();

  async find(): Promise<Found> {
    const late = new Promise<Found>(resolve => setTimeout(resolve, INTERRUPT_TIMEOUT_MS, { stack: [] }));
    return Promise.race([this.#pause(), late]);
  }

  /** Ends the process from the stuck thread, as only that one can set its exit code. */
  exit(): void {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), INTERRUPT_TIMEOUT_MS);
    this.#session.post('Debugger.resume');
    this.#session.post('Runtime.evaluate', { expression: `process.reallyExit(${STUCK})` });
  }

  #pause(): Promise<Found> {
    this.#session.connectToMainThread();
    this.#session.on('Debugger.scriptParsed', ({ params }) => this.#scripts.set(params.scriptId, params.url));
    return new Promise(resolve => {
      this.#session.on('Debugger.paused', ({ params: { callFrames } }) => {
        const stack = callFrames
          .slice(0, MAX_CALLS)
          .map(({ functionName, location: { scriptId, lineNumber, columnNumber = 0 } }) => {
            const at = `${this.#scripts.get(scriptId)}:${lineNumber + 1}:${columnNumber + 1}`;
            return functionName ? `${functionName} (${at})` : at;
          });
        const expression = `globalThis[Symbol.for('${HOLDER_OF_QUESTION}')]()`;
        const asked = { callFrameId: callFrames[0]!.callFrameId, expression, returnByValue: true };
        this.#session.post('Debugger.evaluateOnCallFrame', asked, (_, answer) => {
          const { result } = (answer ?? {}) as { result?: { value?: Holder } };
          resolve({ holder: result?.value, stack });
        });
      });
      this.#session.post('Debugger.enable');
      this.#session.post('Debugger.pause');
    });
  }
}

async function end(): Promise<void> {
  const stopped = new Stopped();
  const { holder: asked, stack } = await stopped.find();
  report(holders.get(Atomics.load(memory, HOLDER)) ?? asked ?? ofComponent(stack), stack);
  stopped.exit();
}

/** A component that runs outside of any question belongs to the newest revision. */
function ofComponent(stack: readonly string[]): Partial<Holder> | undefined {
  if (!stack.some(call => /\/components\/[^/]*:\d+:\d+\)?$/.test(call))) return;
  return { revision: Math.max(...[...holders.values()].map(({ revision = 0 }) => revision)) };
}

/** The main thread is stuck, so this one writes the log itself. */
function report({ node, revision }: Partial<Holder> = {}, stack: readonly string[]): void {
  const at = new Date().toISOString();
  const place = stack.find(call => call.includes('file:')) ?? stack[0];
  const who = `${node ?? 'something'} has held the event loop for ${(period * checks) / 1000} s`;
  const msg = `${who}${place ? `, at ${place}` : ''}; the process ends with exit code ${STUCK}`;
  if (revision) attempt(() => replacePrivate(join(data, STUCK_FILE), `${JSON.stringify({ revision, node, at })}\n`));
  attempt(() => {
    const line = json ? JSON.stringify({ level: 'error', time: at, node, revision, stack, msg }) : msg;
    if (level !== 'silent') writeSync(2, `${line}\n`);
    // Hides Node's message that it waits for a debugger.
    closeSync(2);
  });
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // The process ends in any case.
  }
}
