import { useEffect, useState } from 'react';
import { Logo } from '../../ui/Icon.tsx';
import { AccountApi, type DeviceOffer } from '../net/account.ts';
import { useChat } from './hooks.ts';

/** Interval of polling the other device. */
const pause = () => new Promise(resolve => setTimeout(resolve, 1500));

/** A text as a QR code; its library is loaded on demand. */
function QrCode({ text }: { text: string }) {
  const [cells, setCells] = useState<boolean[][]>([]);
  useEffect(() => {
    void import('qr').then(({ encodeQR }) => setCells(encodeQR(text, 'raw', { border: 2 })));
  }, [text]);
  const path = cells.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${cells.length || 1} ${cells.length || 1}`}
      role="img"
      aria-label="QR code of the link"
    >
      <path d={path} />
    </svg>
  );
}

/** Signs the user in on another device: by a link or its QR code, and after confirmation here. */
export function OtherDevice() {
  const { account } = useChat();
  const [offer, setOffer] = useState<DeviceOffer>();
  const [number, setNumber] = useState<string>();
  const [said, say] = useState<string>();
  useEffect(() => {
    let isLeft = false;
    let made: DeviceOffer | undefined;
    const run = async () => {
      made = await account.offerDevice();
      setOffer(made);
      while (!isLeft) {
        await pause();
        const { number } = await account.deviceNumber(made.id);
        if (number !== undefined) return setNumber(number);
      }
    };
    run().catch((error: Error) => isLeft || say(`${error.message}.`));
    return () => {
      isLeft = true;
      // Closing the dialog ends the link.
      if (made) account.decideDevice(made.id, false).catch(() => {});
    };
  }, [account]);
  const decide = (id: string, isMine: boolean) =>
    account.decideDevice(id, isMine).then(
      () => say(isMine ? 'The other device is signed in.' : 'That device was not let in. The link has ended.'),
      (error: Error) => say(`${error.message}.`),
    );
  if (said !== undefined) return <p role="status">{said}</p>;
  if (!offer) return <p>Making a link…</p>;
  if (number !== undefined)
    return (
      <div className="device" role="alert">
        <p>A device wants to sign in as you. Allow it only if it is yours and shows this number:</p>
        <p className="number">{number}</p>
        <div className="acts">
          <button type="button" className="primary" onClick={() => decide(offer.id, true)}>
            Let it in
          </button>
          <button type="button" onClick={() => decide(offer.id, false)}>
            It is not mine
          </button>
        </div>
      </div>
    );
  return (
    <div className="device">
      <p>Point the camera of the other device here, or open the link on it. It works once, within two minutes.</p>
      <QrCode text={offer.link} />
      <code className="link">{offer.link}</code>
    </div>
  );
}

/** The page of the other device: shows a number, and waits for confirmation. */
export function DeviceEntry({ base, code }: { base: string; code: string }) {
  const [number, setNumber] = useState<string>();
  const [fault, setFault] = useState<string>();
  const enter = async () => {
    const api = new AccountApi(`${base}api/`);
    const { ticket, number } = await api.openDevice(code);
    setNumber(number);
    while (!(await api.enterByDevice(ticket))) await pause();
    // The code is used up, and should not stay in the browser's history.
    history.replaceState(null, '', `${new URL(base).pathname}#/lobby`);
    location.reload();
  };
  return (
    <main className="entry">
      <form
        onSubmit={event => {
          event.preventDefault();
          enter().catch((error: Error) => setFault(`${error.message}.`));
        }}
      >
        <Logo />
        <h1>Sign in on this device</h1>
        {number === undefined || fault !== undefined ? (
          <>
            <p className="lead">You made this link on a device where you are signed in. Keep that device at hand.</p>
            {fault === undefined ? (
              <button type="submit" className="primary">
                Go on
              </button>
            ) : (
              <p className="fault" role="alert">
                {fault}
              </p>
            )}
          </>
        ) : (
          <div role="status">
            <p className="lead">Now confirm on the other device, if it shows the same number:</p>
            <p className="number">{number}</p>
          </div>
        )}
        <a href="#/lobby">Go to the chat</a>
      </form>
    </main>
  );
}
