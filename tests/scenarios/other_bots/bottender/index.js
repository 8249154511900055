const orderOf = () => undefined;

module.exports = async function App(context) {
  if (!context.event.isText) return;
  const order = orderOf(context);
  await context.sendText(order ? `Your order ${order} is on its way.` : 'I do not know your order.');
};
