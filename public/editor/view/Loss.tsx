import { type ReactNode, useEffect, useRef } from 'react';
import { Dialog } from '../../chat/view/Dialog.tsx';
import { otherEditors } from '../model/status.ts';
import { usePart } from './useEditor.ts';

interface Props {
  readonly title: string;
  /** How many changes are lost. */
  readonly changes: number;
  /** What is done all the same, as its button says it. */
  readonly action: string;
  readonly act: () => void;
  readonly close: () => void;
  readonly children?: ReactNode;
}

/** Asks before the draft is thrown away, which all editors share. */
export function Loss({ title, changes, action, act, close, children }: Props) {
  const others = usePart(({ status }) => status !== undefined && otherEditors(status) > 0);
  const lost =
    changes === 1
      ? '1 change of the draft that is not live is lost'
      : `${changes} changes of the draft that are not live are lost`;
  const keep = useRef<HTMLButtonElement>(null);
  // The answer that loses nothing is at hand.
  useEffect(() => keep.current?.focus(), []);
  const agreed = () => {
    close();
    act();
  };
  return (
    <Dialog title={title} close={close}>
      <p>
        {lost}. All editors share the draft, so {changes === 1 ? 'it' : 'they'} may be another person's
        {others ? '; others have it open now' : ''}. {children}
      </p>
      <div className="row">
        <button type="button" className="danger" onClick={agreed}>
          {action}
        </button>
        <button type="button" ref={keep} onClick={close}>
          Keep the draft
        </button>
      </div>
    </Dialog>
  );
}
