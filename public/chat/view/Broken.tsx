import { Component, type ReactNode } from 'react';

/** Shows the page, or, where drawing it failed, that what one wrote is kept and how to go on. */
export class Broken extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="broken" role="alert">
        <h1>Something went wrong in this page</h1>
        <p>What you wrote is kept in this browser. Messages that were on their way go out when the page is back.</p>
        <button type="button" className="primary" onClick={() => location.reload()}>
          Reload the page
        </button>
      </main>
    );
  }
}
