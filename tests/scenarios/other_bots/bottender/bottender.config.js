module.exports = {
  channels: {
    messenger: {
      enabled: true,
      path: '/webhook',
      pageId: process.env.PAGE_ID,
      accessToken: process.env.TOKEN,
      appId: process.env.APP_ID,
      appSecret: process.env.APP_SECRET,
      verifyToken: process.env.VERIFY_TOKEN,
      origin: process.env.GRAPH_URL,
      skipAppSecretProof: true,
    },
  },
};
