/** An answer as a client sees it; the text is kept, for equal answers must be equal to the byte. */
export type Answer = { status: number; headers: Headers; text: string; body: Record<string, unknown> };

/** POSTs JSON. Connection failures are thrown as fetch throws them. */
export async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return answerOf(response);
}

export async function get(url: string): Promise<Answer> {
  return answerOf(await fetch(url));
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : {} };
}
