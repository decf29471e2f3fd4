import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A page with the habits of gochat's: it polls every 200 ms for what is newer than the Time that it got last, takes each
 * Time as an element's id as well, puts what comes behind what is there, posts as a form does and polls again once that
 * has gone well. `pending` says how many answers it waits for.
 */
const PAGE = `<!DOCTYPE html>
<meta charset="utf-8">
<title>A page like gochat's</title>
<ul id="messages"></ul>
<form id="post"><input name="author"><textarea name="text"></textarea><button>Send</button></form>
<script>
  var pending = 0, newest = 0;
  var list = document.querySelector('#messages'), form = document.querySelector('#post');

  function ask(method, url, body, good) {
    var asked = new XMLHttpRequest();
    asked.open(method, url);
    if (body) asked.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8');
    asked.onload = function () {
      if (asked.status >= 200 && asked.status < 300) good(JSON.parse(asked.responseText));
    };
    asked.onloadend = function () { pending -= 1; };
    pending += 1;
    asked.send(body);
  }

  function poll() {
    ask('GET', '/gochat/chat?since=' + newest, null, function (values) {
      values.forEach(function (value) {
        var item = document.createElement('li');
        item.id = 'msg_' + value.Time;
        item.textContent = value.Author + ': ' + value.Text;
        list.append(item);
        newest = value.Time;
      });
    });
  }

  setInterval(poll, 200);
  form.onsubmit = function () {
    ask('POST', '/gochat/chat', new URLSearchParams(new FormData(form)).toString(), poll);
    form.elements.text.value = '';
    return false;
  };
</script>
`;

/**
 * A web server as gochat's README wants one before the chat server: it has the page at /gochat/ and passes what comes to
 * /gochat/chat on to `origin`, to the path that `passed` makes of it.
 */
export async function front(origin: string, passed: (url: string) => string): Promise<Server> {
  const server = createServer((asked, answer) => {
    const { url = '/', method, headers } = asked;
    if (url === '/gochat/') {
      answer.setHeader('Content-Type', 'text/html').end(PAGE);
    } else if (/^\/gochat\/chat(?=$|\?)/.test(url)) {
      const onward = request(origin + passed(url), { method, headers }, answered => {
        answer.writeHead(answered.statusCode!, answered.headers);
        answered.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    } else answer.writeHead(404).end();
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  return server;
}

/** Where a server is. */
export function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
