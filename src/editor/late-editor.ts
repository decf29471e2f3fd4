import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Visitor } from '../accounts/accounts.ts';
import type { EditorServer } from './editor-server.ts';

/** Loads the editor's part of the server when the first editor connects, as it is a quarter of the code. */
export class LateEditor {
  readonly #load: () => Promise<EditorServer>;
  readonly #failed: (error: Error) => void;
  #loading: Promise<EditorServer> | undefined;
  #isClosed = false;
  /** Undefined until it is loaded: there are no listeners before. */
  server: EditorServer | undefined;

  constructor(load: () => Promise<EditorServer>, failed: (error: Error) => void) {
    this.#load = load;
    this.#failed = failed;
  }

  /** Takes over a connection from HTTP. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, from: string, visitor: Visitor): void {
    const close = () => void socket.destroy();
    socket.once('error', close);
    this.#open()
      .then(({ endpoint }) => endpoint.accept(request, socket.off('error', close), head, from, visitor))
      .catch(error => {
        close();
        this.#failed(error);
      });
  }

  close(): void {
    this.#isClosed = true;
    this.server?.close();
  }

  async #open(): Promise<EditorServer> {
    this.#loading ??= this.#load();
    this.server = await this.#loading;
    if (this.#isClosed) this.server.close();
    return this.server;
  }
}
