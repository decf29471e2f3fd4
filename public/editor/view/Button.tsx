import type { ComponentProps, ReactNode } from 'react';
import { ofEdge, ofNodes } from '../model/state.ts';
import { EditorIcon, type signs } from './EditorIcon.tsx';
import { useEditor } from './useEditor.ts';

interface ButtonProps extends ComponentProps<'button'> {
  readonly icon?: keyof typeof signs;
}

/** A button, with an icon before its words; one of an icon alone has an `aria-label`. Submits only if its `type` says so. */
export function Button({ icon, children, ...attributes }: ButtonProps) {
  return (
    <button type="button" {...attributes}>
      {icon && <EditorIcon name={icon} />}
      {children}
    </button>
  );
}

interface SelectLinkProps {
  readonly node?: string;
  /** The key of a wire, where it is no node. */
  readonly edge?: string;
  readonly thin?: boolean;
  readonly children: ReactNode;
}

/** Words that select a node or a wire. */
export function SelectLink({ node, edge = '', thin = false, children }: SelectLinkProps) {
  const editor = useEditor();
  return (
    <Button
      className={thin ? 'plain thin' : 'plain'}
      onClick={() => editor.select(node === undefined ? ofEdge(edge) : ofNodes(node))}
    >
      {children}
    </Button>
  );
}
