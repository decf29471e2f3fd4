import type { Diagnostic } from '../../model/diagnostic.ts';
import type { DraftFault } from '../draft/examine.ts';
import type { Client } from '../message.ts';

/** Events of the draft and of the live graph. */
export type GraphEvent =
  | { readonly kind: 'state' }
  /** The draft changed in a way that single changes don't describe. */
  | { readonly kind: 'draft' }
  | { readonly kind: 'faults'; readonly faults: readonly DraftFault[] }
  /** Drafted code changed; with `by`, the command of this client announces it. */
  | { readonly kind: 'code'; readonly by?: Client }
  /** A notice for editors. */
  | { readonly kind: 'notice'; readonly notice: Diagnostic };
