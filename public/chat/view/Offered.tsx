import { useLayoutEffect, useRef } from 'react';
import type { Choice } from '../model/finder.ts';
import { Icon } from './Icon.tsx';
import type { Finder } from './useFinder.ts';

/** The id of an option, for the field that says which one is active. */
export const optionId = (index: number): string => `offered-${index}`;

/** The rooms that are offered for what is typed. The focus stays in the field. */
export function Offered({ finder: { typed, offered, active, go } }: { finder: Finder }) {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <>
      <div ref={list} id="offered" className="rooms" role="listbox" aria-label="Rooms found">
        {offered.map((choice, index) => (
          <Option key={choice.name} choice={choice} index={index} isActive={index === active} go={go} />
        ))}
      </div>
      {offered.length === 0 && typed.trim() !== '' && (
        <p className="note" role="status">
          The name of a room needs letters from a to z, or digits.
        </p>
      )}
    </>
  );
}

interface OptionProps {
  readonly choice: Choice;
  readonly index: number;
  readonly isActive: boolean;
  readonly go: (room: string) => void;
}

function Option({ choice: { name, isNew, unread }, index, isActive, go }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the field has the focus
    <div
      id={optionId(index)}
      role="option"
      aria-selected={isActive}
      className={isNew ? 'make' : undefined}
      // Before the field loses the focus, and with it the list its place.
      onMouseDown={event => event.preventDefault()}
      onClick={() => go(name)}
    >
      {isNew ? (
        <Icon name="plus" />
      ) : (
        <span className="hash" aria-hidden="true">
          #
        </span>
      )}
      <span className="called">{isNew ? `Make #${name}` : name}</span>
      {unread > 0 && (
        <span className="badge">
          {unread > 99 ? '99+' : unread}
          <span className="unseen"> unread</span>
        </span>
      )}
    </div>
  );
}
