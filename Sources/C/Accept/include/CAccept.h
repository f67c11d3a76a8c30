#ifndef BATON_ACCEPT_H
#define BATON_ACCEPT_H

/* From now on a connection whose descriptor has this number or a higher one is closed at once, so
   that the numbers above stay free for what must go on: the store, the configuration, the log. */
void accept_below(int number);

/* How many connections were turned away so far for want of descriptors. */
unsigned long accept_refusals(void);

#endif
