/** A fault of a component's file; line and column count from 1. */
export interface FileFault {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** Optional fields of a refusal beside its sentence. */
interface RefusalDetails {
  readonly code?: string;
  readonly faults?: readonly FileFault[];
}

/** Thrown if a message is rejected; its sentence is sent to the client as `PROTOCOL:error`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly details: RefusalDetails;

  constructor(message: string, details: RefusalDetails = {}) {
    super(message);
    this.details = details;
  }
}

/** Rethrows an expected error as Refused: a graph that can't start, a file that can't be written. */
export function asRefused(error: unknown): never {
  throw new Refused(error instanceof Error ? error.message : String(error));
}

/** `file:line:column: message`, without an unknown line or column. */
export function printFileFault({ file, line, column, message }: FileFault): string {
  return `${[file, line, column].filter(part => part !== undefined).join(':')}: ${message}`;
}

/** The refusal of a component's files, one fault per line. */
export function refusedFiles(faults: readonly FileFault[]): Refused {
  return new Refused(faults.map(printFileFault).join('\n'), { faults });
}
