import { useMemo, useRef } from 'react';
import { roomIn } from '../model/state.ts';
import { timeline } from '../model/timeline.ts';
import { Above } from './Above.tsx';
import { Absent } from './Absent.tsx';
import { Beginning } from './Beginning.tsx';
import { Chunk } from './Chunk.tsx';
import { Empty } from './Empty.tsx';
import { Jump } from './Jump.tsx';
import { useAttention } from './useAttention.ts';
import { usePart } from './useChat.ts';
import { useFollow } from './useFollow.ts';
import { usePlace } from './usePlace.ts';
import { useQuiet } from './useQuiet.ts';
import { useTarget } from './useTarget.ts';

/** The messages of one room, and what one has written there that is still on its way. */
export function Log({ name: here }: { name: string }) {
  const room = usePart(state => roomIn(state, here));
  const name = usePart(state => state.name);
  const target = usePart(state => state.target);
  const outbox = usePart(state => state.outbox);
  const chunks = useMemo(() => timeline(room, outbox, name, target), [room, outbox, name, target]);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { ended, toEnd, toLine, toTarget } = usePlace(scroller, content, room);
  useAttention(ended === true && room.loaded);
  useFollow(outbox, here, toEnd);
  useTarget(room, target, toTarget);
  return (
    <div className="stage">
      <Above room={room} toLine={toLine} />
      <div
        ref={scroller}
        className="scroller"
        id="log"
        role="log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be within reach of the keyboard
        tabIndex={0}
        aria-label={`Messages in #${here}`}
        aria-live={useQuiet(room) ? 'off' : 'polite'}
        aria-relevant="additions"
      >
        <div ref={content} className="content">
          {room.loaded && <Beginning room={room} />}
          {chunks.map(({ key, items }) => (
            <Chunk key={`${room.epoch} ${key}`} items={items} />
          ))}
        </div>
        {!room.loaded && <Absent room={room} />}
        {room.loaded && chunks.length === 0 && <Empty name={here} />}
      </div>
      {ended === false && <Jump room={room} go={toEnd} />}
    </div>
  );
}
