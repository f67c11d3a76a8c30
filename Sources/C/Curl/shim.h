#ifndef BATON_CURL_SHIM_H
#define BATON_CURL_SHIM_H

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

/* libcurl sets options by functions with variable arguments, which Swift cannot call: one function
   for each kind of argument. */

static inline CURLcode baton_curl_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode baton_curl_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode baton_curl_list(
    CURL *easy, CURLoption option, struct curl_slist *value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode baton_curl_errors(CURL *easy, char *room)
{
    return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, room);
}

/* The body is copied, so that nobody has to keep it. */
static inline CURLcode baton_curl_body(CURL *easy, const void *bytes, size_t size)
{
    /* An empty array has no address, and curl wants one. */
    if (size == 0) {
        bytes = "";
    }
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes) : code;
}

/* Nothing but the web, whatever a URL says: curl knows files, mail and a dozen others. */
static inline CURLcode baton_curl_web_alone(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static inline void baton_curl_receive(
    CURL *easy, void *context, curl_write_callback header, curl_write_callback body,
    curl_opensocket_callback opened)
{
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, opened);
}

static inline void baton_curl_drive(
    CURLM *multi, void *context, curl_socket_callback socket, curl_multi_timer_callback timer)
{
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
}

static inline CURLMcode baton_curl_multi_long(CURLM *multi, CURLMoption option, long value)
{
    return curl_multi_setopt(multi, option, value);
}

/* The bytes of the address that a socket is wanted for, and how many: 4, 16, or 0 for another
   kind. */
static inline int baton_curl_address(const struct curl_sockaddr *wanted, unsigned char *bytes)
{
    if (wanted->family == AF_INET) {
        memcpy(bytes, &((const struct sockaddr_in *)&wanted->addr)->sin_addr, 4);
        return 4;
    }
    if (wanted->family == AF_INET6) {
        memcpy(bytes, &((const struct sockaddr_in6 *)&wanted->addr)->sin6_addr, 16);
        return 16;
    }
    return 0;
}

static inline void baton_curl_digest(CURL *easy, const char *user, const char *password)
{
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_DIGEST);
    curl_easy_setopt(easy, CURLOPT_USERNAME, user);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, password);
}

/* Takes the next transfer that has ended: its handle, or NULL where none has. */
static inline CURL *baton_curl_ended(CURLM *multi, CURLcode *outcome)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *outcome = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

#endif
