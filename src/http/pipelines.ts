import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that are worked on at a time. */
const MAX_AT_ONCE = 16;

/** What a connection has asked. */
interface Pipeline {
  answering: number;
  /** What has to wait for its turn. While anything does, the connection is not read from. */
  readonly waiting: (readonly [request: IncomingMessage, response: ServerResponse])[];
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Lets each connection have a few requests worked on at a time, however many it sends without waiting for answers. */
export class Pipelines {
  readonly #handle: Handle;
  readonly #pipelines = new WeakMap<Socket, Pipeline>();
  #answering = 0;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /** Requests on all connections whose answer is due. */
  get answering(): number {
    return this.#answering;
  }

  /** Hands a request over as soon as it is its turn. */
  take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    let pipeline = this.#pipelines.get(socket);
    if (!pipeline) {
      pipeline = { answering: 0, waiting: [] };
      this.#pipelines.set(socket, pipeline);
    }
    if (pipeline.answering < MAX_AT_ONCE) this.#begin(pipeline, request, response);
    else this.#queue(pipeline, request, response);
  }

  #begin(pipeline: Pipeline, request: IncomingMessage, response: ServerResponse): void {
    pipeline.answering += 1;
    this.#answering += 1;
    response.once('close', () => {
      pipeline.answering -= 1;
      this.#answering -= 1;
      if (pipeline.waiting.length > 0) this.#next(pipeline, request.socket);
    });
    this.#handle(request, response);
  }

  #queue({ waiting }: Pipeline, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (waiting.length === 0) {
      // Node reads on by itself where it wants the rest of a body, or when a connection has taken what was written to it.
      const stay = () => {
        if (waiting.length === 0) socket.off('resume', stay);
        // A pause is told only once, and Node has begun to read again after that.
        else if (socket.isPaused()) socket.emit('pause');
        else socket.pause();
      };
      socket.on('resume', stay);
    }
    waiting.push([request, response]);
    socket.pause();
  }

  #next(pipeline: Pipeline, socket: Socket): void {
    const { waiting } = pipeline;
    if (socket.destroyed) waiting.length = 0;
    const next = waiting.shift();
    if (next && waiting.length === 0) socket.resume();
    if (next) this.#begin(pipeline, ...next);
  }
}
