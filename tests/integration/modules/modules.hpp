// The modules; each function is slips::run() of the module of that name.
#pragma once

int detector(int argc, char** argv);
int thrower(int argc, char** argv);
int own_type(int argc, char** argv);
int raw(int argc, char** argv);
int both(int argc, char** argv);
int flows(int argc, char** argv);
int texts(int argc, char** argv);
int hooks(int argc, char** argv);
int ticker(int argc, char** argv);
int metronome(int argc, char** argv);
int stumbler(int argc, char** argv);
int sluggard(int argc, char** argv);
int unruly(int argc, char** argv);
int forgetful(int argc, char** argv);
int hasty(int argc, char** argv);
int configured(int argc, char** argv);
int needs_root(int argc, char** argv);
int asker(int argc, char** argv);
int counter(int argc, char** argv);
int scripted(int argc, char** argv);
int metered(int argc, char** argv);
