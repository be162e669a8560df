import type { MethodName, Methods } from '#contract/api/index.ts';

/**
 * Where each method of the contract lives. The compiler holds this table equal to the contract; the schemas themselves
 * stay out of the browser's bundle.
 */
export const routes: { readonly [N in MethodName]: `${Methods[N]['verb']} ${Methods[N]['path']}` } = {
  createAccount: 'POST /api/v1/accounts',
  listAccounts: 'GET /api/v1/accounts',
  signIn: 'POST /api/v1/sign-in',
  signOut: 'POST /api/v1/sign-out',
  createToken: 'POST /api/v1/tokens',
  listTokens: 'GET /api/v1/tokens',
  revokeToken: 'DELETE /api/v1/tokens/{id}',
  listSessions: 'GET /api/v1/sessions',
  revokeSessions: 'DELETE /api/v1/sessions',
  revokeSession: 'DELETE /api/v1/sessions/{id}',
  changePassword: 'POST /api/v1/password',
  createSocketTicket: 'POST /api/v1/socket-tickets',
  getMe: 'GET /api/v1/me',
  getAccount: 'GET /api/v1/accounts/{handle}',
  updateAccount: 'PATCH /api/v1/accounts/{handle}',
  followAccount: 'PUT /api/v1/accounts/{handle}/follow',
  unfollowAccount: 'DELETE /api/v1/accounts/{handle}/follow',
  createPost: 'POST /api/v1/posts',
  getPost: 'GET /api/v1/posts/{id}',
  deletePost: 'DELETE /api/v1/posts/{id}',
  restorePost: 'POST /api/v1/posts/{id}/restore',
  listReplies: 'GET /api/v1/posts/{id}/replies',
  listAccountPosts: 'GET /api/v1/accounts/{handle}/posts',
  likePost: 'PUT /api/v1/posts/{id}/like',
  unlikePost: 'DELETE /api/v1/posts/{id}/like',
  getHomeTimeline: 'GET /api/v1/timelines/home',
  createBroadcast: 'POST /api/v1/broadcasts',
  getBroadcast: 'GET /api/v1/broadcasts/{id}',
  updateBroadcast: 'PATCH /api/v1/broadcasts/{id}',
  endBroadcast: 'POST /api/v1/broadcasts/{id}/end',
  getLiveTimeline: 'GET /api/v1/timelines/live',
  listComments: 'GET /api/v1/broadcasts/{id}/comments',
  createComment: 'POST /api/v1/broadcasts/{id}/comments',
  deleteComment: 'DELETE /api/v1/broadcasts/{id}/comments/{commentId}',
  sendHearts: 'POST /api/v1/broadcasts/{id}/hearts',
  listHearts: 'GET /api/v1/broadcasts/{id}/hearts',
};
