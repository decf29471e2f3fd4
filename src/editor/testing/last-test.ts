import { stamp } from '../../flow/stamp.ts';
import type { Workspace } from '../lifecycle/workspace.ts';

/**
 * How the last test of the draft went. One that failed stands in the way of publishing until a later one passes, or the
 * draft is what is live: because it was discarded, or published all the same.
 */
export class LastTest {
  #failure: { readonly tried: string; readonly count: number } | undefined;

  /** Takes down how many tests failed of a draft; `tried` differs where it would run differently. */
  note(tried: string, failed: number): void {
    this.#failure = failed > 0 ? { tried, count: failed } : undefined;
  }

  /** The draft is what is live. */
  forget(): void {
    this.#failure = undefined;
  }

  /** Why a draft should not be published; nothing where it was never tested, or passed. */
  objection(now: string): string | undefined {
    if (!this.#failure) return;
    const { tried, count } = this.#failure;
    if (tried === now) return `${count} of its tests fail; mend the draft, or publish it all the same with "force"`;
    return `${count} of its tests failed before the last change; run them again, or publish it all the same with "force"`;
  }
}

/** What the draft would run, as a text that differs where that does; nothing where that is live already. */
export function untried({ draft, code, live }: Pick<Workspace, 'draft' | 'code' | 'live'>): string | undefined {
  const now = stamp(draft.graph);
  if (!code.isEmpty) return `${now}\n${code.version}`;
  return live && stamp(live.graph) === now ? undefined : now;
}
