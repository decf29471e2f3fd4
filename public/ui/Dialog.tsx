import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import { ChatIcon } from './Icon.tsx';

/** A modal dialog. Escape, its close button and a click on the backdrop close it. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    const beside = (event: MouseEvent) => event.target === element && element.close();
    element.addEventListener('click', beside);
    return () => {
      element.removeEventListener('click', beside);
      // Closing returns the focus to where it was, which works only while the dialog is still in the document.
      element.close();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close}>
      <div className="sheet">
        <h2 id={id}>{title}</h2>
        <button type="button" className="quiet" aria-label="Close" onClick={close}>
          <ChatIcon name="close" />
        </button>
        {children}
      </div>
    </dialog>
  );
}

/** A button that opens a dialog. */
export function DialogButton({ label, title, children }: { label: string; title: string; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="plain" onClick={() => setOpen(true)}>
        {label}
      </button>
      {isOpen && (
        <Dialog title={title} close={() => setOpen(false)}>
          {children}
        </Dialog>
      )}
    </>
  );
}
