import { Component, type ReactNode } from 'react';
import type { Editor } from '../net/editor.ts';
import { Button } from './Button.tsx';
import { EditorContext } from './useEditor.ts';

interface Props {
  /** Name of its content, as the beginning of a sentence. */
  readonly what: string;
  /** Identity of the content: after an error, different content is tried again. */
  readonly of?: string;
  readonly children: ReactNode;
}

/** Error boundary: an error in its content does not break the rest of the page. */
export class Boundary extends Component<Props, { readonly error: Error | undefined }> {
  static override contextType = EditorContext;
  override state = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.error && before.of !== this.props.of) this.setState({ error: undefined });
  }

  override render(): ReactNode {
    const error = this.state.error as Error | undefined;
    if (!error) return this.props.children;
    const reload = () => (this.context as Editor | undefined)?.reload();
    return (
      <div className="broken" role="alert">
        <p>
          {this.props.what} failed: {error.message}
        </p>
        <p className="hint">Nothing was changed, and what is live keeps running. Your edits and code are kept.</p>
        <div className="row">
          <Button onClick={() => this.setState({ error: undefined })}>Try again</Button>
          <Button onClick={reload}>Reload the page</Button>
        </div>
      </div>
    );
  }
}
