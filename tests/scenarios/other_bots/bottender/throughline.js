const crypto = require('crypto');

// The context that came along with a webhook, or undefined. `rawBody` are the bytes that came, as text or Buffer.
exports.contextOf = function contextOf(headers, rawBody, secret) {
  const [version, payload, given] = (headers['throughline-context'] || '').split('.');
  if (version !== 'v1' || !given) return undefined;
  const digest = crypto.createHash('sha256').update(rawBody).digest('hex');
  const made = crypto.createHmac('sha256', secret).update(`v1.${payload}.${digest}`).digest();
  const claimed = Buffer.from(given, 'base64url');
  if (claimed.length !== made.length || !crypto.timingSafeEqual(claimed, made)) return undefined;
  const { at, context } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return Math.abs(Date.now() / 1000 - at) <= 300 ? context : undefined;
};
