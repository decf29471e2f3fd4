import type { ComponentProps, ReactNode } from 'react';
import { ofEdge, ofNodes } from '../model/state.ts';
import { EditorIcon, type signs } from './EditorIcon.tsx';
import { useEditor } from './useEditor.ts';

interface ButtonProps extends ComponentProps<'button'> {
  readonly icon?: keyof typeof signs;
}

/**
 * A button with an optional icon before its text; one with only an icon has an `aria-label`. Submits only with type
 * `submit`.
 */
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
  /** The key of a wire, if it is no node. */
  readonly edge?: string;
  readonly thin?: boolean;
  readonly children: ReactNode;
}

/** A text that selects a node or a wire. */
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
