/** The schema of what says that something could not be done. */
const REFUSAL = 'chat/refusal';
/** What ports without a schema are called where failures leave. */
const NAMES: ReadonlySet<string> = new Set(['error', 'refused', 'missing']);

/** Whether what leaves by an outport is a failure: its schema says so, or its name where it has none. */
export function isFailure({ name, schema }: { readonly name: string; readonly schema?: string | undefined }): boolean {
  return schema ? schema === REFUSAL : NAMES.has(name.toLowerCase());
}
