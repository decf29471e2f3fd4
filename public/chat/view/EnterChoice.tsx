import { useEnter } from './useEnter.ts';

/** Chooses what Enter does in the composer. */
export function EnterChoice() {
  const [enter, choose] = useEnter();
  return (
    <label className="choice">
      <input
        type="checkbox"
        checked={enter === 'send'}
        onChange={event => choose(event.target.checked ? 'send' : 'line')}
      />
      <span>Enter sends the message. Otherwise it begins a new line, and the button or Ctrl+Enter sends.</span>
    </label>
  );
}
